import { describe, expect, inject, it } from 'vitest';
import { expectOneTrace, followOneOrder } from '../otel/one-order.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

describe.skipIf(url === '')('an order that goes through three applications on PostgreSQL', () => {
  it('is one trace where producers are the parents of handlers', async () => {
    const sandbox = new Sandbox(url);
    const spans = await followOneOrder(() => sandbox.open(), 'parent', PATIENCE_MS);
    expect(() => expectOneTrace(spans)).not.toThrow();
  });
});
