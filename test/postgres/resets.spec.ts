import { describe, expect, inject, it } from 'vitest';
import { resetIsTold, resetsUnderLoad } from '../faults/reset-promises.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a reset while consumers run on PostgreSQL', { timeout: 150_000 }, () => {
  it.for([
    ['with notifications', {}],
    ['without', { notify: 'off', pollMs: 50 }],
  ] as const)('loses nothing under load, and is told to who reads no more: %s', async ([, options]) => {
    const sandbox = new Sandbox(url);
    const open = () => sandbox.open(options);
    await expect(resetsUnderLoad(open)).resolves.toBeUndefined();
    await expect(resetIsTold(open)).resolves.toBeUndefined();
  });
});
