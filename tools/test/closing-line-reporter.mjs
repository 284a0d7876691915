/**
 * Ends a test run with a plain line for each failure, `failed: file > test: message`, and one with the counts, `N passed,
 * N failed, N skipped`, that any log reader understands.
 */
export default class ClosingLineReporter {
  /** @param {ReadonlyArray<import('vitest/node').TestModule>} modules */
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        counts[state] += 1;
        if (state === 'failed') failed(`${module.relativeModuleId} > ${test.fullName}`, errors);
      }
      if (module.state() === 'failed' && module.errors().length > 0) {
        counts.failed += 1;
        failed(module.relativeModuleId, module.errors());
      }
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

/** @param {string} what @param {ReadonlyArray<{ message: string }>} errors */
function failed(what, errors) {
  const [first] = errors;
  console.log(`failed: ${what}: ${(first?.message ?? '').replace(/\s+/g, ' ').slice(0, 300)}`);
}
