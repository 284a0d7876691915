/**
 * `npm run demo`: four orders on their way through three services, from nothing to a closing table. `--help` says more.
 *
 * Ends with 0 when every shipment was received and every event was handled once by each group (and, with `--erase`, when
 * one customer is forgotten and no other), else with 1; with 2 for arguments that cannot be used.
 */
import { HELP, readOptions } from './demo-options.mjs';
import { runDemo } from './run-demo.mjs';

/** @returns {import('./demo-options.mjs').DemoOptions | undefined} */
function options() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error('\nnpm run demo -- --help lists what there is.');
    return undefined;
  }
}

const given = options();
if (!given) process.exitCode = 2;
else if (given.help) console.log(HELP);
else process.exitCode = await runDemo(given);
