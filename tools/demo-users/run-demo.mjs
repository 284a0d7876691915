import { startStack } from '../dev-stack/index.mjs';
import { buildWhatIsMissing } from '../demo/build-what-is-missing.mjs';
import { makeDatabases } from './make-databases.mjs';
import { say, sayBad } from './screen.mjs';

const SIGNALS = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });

/**
 * Runs the demo and ends everything it has started, however it goes.
 *
 * @returns {Promise<number>} the exit code
 */
export async function runDemo() {
  const ending = new AbortController();
  let interruptedWith = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      interruptedWith = code;
      ending.abort(new Error(`stopped by ${signal}`));
    });
  }
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  try {
    await buildWhatIsMissing(say);
    const { stop, postgres } = await startStack({ services: ['postgres'], log: say });
    stops.push(stop);
    if (postgres?.available !== true) throw new Error('there is no PostgreSQL to be had, for the reasons above');
    const { models, drop } = await makeDatabases(postgres.url);
    stops.push(drop);
    // Only now, because it needs what was just built.
    const { runSession } = await import('./run-session.mjs');
    return (await runSession(models, ending.signal)) ? 0 : 1;
  } catch (error) {
    if (interruptedWith > 0) return interruptedWith;
    sayBad(`failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error) => sayBad(`while stopping: ${String(error)}`));
  }
}
