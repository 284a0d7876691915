import { spawn } from 'node:child_process';

/** `npm run test:faults:long`: the tests of faults with a minute of random cuts, a hundred rounds of SIGTERM, long pauses. */
const child = spawn('npx', ['vitest', 'run', '--project', 'real', 'test/faults', ...process.argv.slice(2)], {
  env: { ...process.env, FAULTS: 'long' },
  shell: process.platform === 'win32',
  stdio: 'inherit',
});
child.once('exit', (code) => (process.exitCode = code ?? 1));
