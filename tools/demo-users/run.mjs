/**
 * `npm run demo:users`: users in an event-sourced write model and a read model made from it, on PostgreSQL alone. It types
 * commands, stops and kills the projector, makes the read model anew, and compares the two in a closing table.
 *
 * Ends with 0 when both models agree, else with 1; with 2 for arguments that cannot be used.
 */
import { runDemo } from './run-demo.mjs';

const HELP = `npm run demo:users

Adds, edits and deletes users with one program (users-command), keeps a table of them up to date with another
(users-projector), stops and kills that one on the way, and shows that nothing was lost or done twice.

  --help  print this

DATABASE_URL names a PostgreSQL of your own, whose user may create databases; the demo drops the two it makes.`;

const [given, ...more] = process.argv.slice(2);
if (given === '--help') console.log(HELP);
else if (given !== undefined || more.length > 0) {
  console.error('npm run demo:users takes no arguments but --help.');
  process.exitCode = 2;
} else process.exitCode = await runDemo();
