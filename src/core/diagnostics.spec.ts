import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { DIAGNOSTICS, reportConsumer, type ConsumerDiagnostic } from './diagnostics.js';
import type { Fields } from './message.js';

/** Reports a failure, and tells how often the fields of its event were looked at. */
function looksAtFields(): number {
  let looks = 0;
  const fields: Fields = {
    get name() {
      looks += 1;
      return '"Ada"';
    },
  };
  const stream = { environment: 'test', contract: 'orders' };
  reportConsumer({ channel: memoryChannel(), kind: 'retry', stream, group: 'g', error: new Error('no Ada') }, fields);
  return looks;
}

describe('a failure of an event', () => {
  it('is told without the arguments to whoever listens, beside the error as it was thrown', () => {
    const told: ConsumerDiagnostic[] = [];
    const listen = (event: unknown) => void told.push(event as ConsumerDiagnostic);
    subscribe(DIAGNOSTICS.consumer, listen);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listen));
    expect(looksAtFields()).toBe(1);
    expect(told).toMatchObject([{ kind: 'retry', reason: 'no [argument]', error: new Error('no Ada') }]);
  });

  it('costs no look at the arguments while nobody listens', () => {
    expect(looksAtFields()).toBe(0);
  });
});
