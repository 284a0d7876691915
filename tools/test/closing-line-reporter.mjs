import { relative } from 'node:path';

/**
 * Ends a test run with a plain line for each failure, `failed: file > test: message`, and one with the counts, `N passed,
 * N failed, N skipped`, that any log reader understands. A hook that failed counts, and so does an error that no test owns.
 */
export default class ClosingLineReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<import('vitest').SerializedError>} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    /** @param {string} what @param {ReadonlyArray<{ message: string, stack?: string }>} errors */
    const fail = (what, errors) => {
      counts.failed += 1;
      console.log(`failed: ${what}: ${told(errors[0])}`);
    };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        if (state === 'failed') fail(`${module.relativeModuleId} > ${test.fullName}`, errors);
        else counts[state] += 1;
      }
      for (const suite of module.children.allSuites()) {
        const errors = suite.errors();
        if (errors.length > 0) fail(`${module.relativeModuleId} > ${suite.fullName}`, errors);
      }
      if (module.errors().length > 0) fail(module.relativeModuleId, module.errors());
    }
    for (const error of unhandled) fail(`outside of any test${whenItCame(error)}`, [error]);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

/**
 * The file whose tests were running, and the latest of them.
 *
 * @param {import('vitest').SerializedError} error
 */
function whenItCame({ VITEST_TEST_PATH: file, VITEST_TEST_NAME: test }) {
  if (typeof file !== 'string') return '';
  return `, during ${relative(process.cwd(), file)}${typeof test === 'string' ? ` > ${test}` : ''}`;
}

/**
 * The message, and for an error without a test of its own where it was thrown.
 *
 * @param {{ message: string, stack?: string } | undefined} error
 */
function told(error) {
  const text = error?.stack?.includes(error.message) ? error.stack : `${error?.message ?? ''} ${error?.stack ?? ''}`;
  return text.replace(/\s+/g, ' ').slice(0, 600);
}
