import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { Consumer } from './consumer.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, reportConsumer, type ConsumerDiagnostic, type EventDiagnostic } from './diagnostics.js';
import type { Fields } from './message.js';
import { createProducer } from './producer.js';

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

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number) {
    return { number };
  }
}

/** Produces and handles one event. */
async function oneEvent(invoke: () => unknown) {
  const contract = describeContract(Orders);
  const memory = memoryChannel();
  onTestFinished(() => memory.close());
  await createProducer(Orders, { channel: memory, environment: 'test', source: 'shop' }).placed(1);
  const consumer = new Consumer({
    ...{ channel: memory, stream: { environment: 'test', contract: 'orders' }, group: 'g', knownTypes: ['placed.v1'] },
    handlers: [...contract.byMethod.values()].map((event) => ({ event, invoke })),
  });
  consumer.start();
  await memory.settled();
  await consumer.stop(5_000);
  return memory;
}

describe('an event in the normal course', () => {
  it.each([
    ['done', undefined, (): unknown => undefined],
    ['failed', 'RangeError', (): unknown => Promise.reject(new RangeError('no'))],
  ] as const)('is told to whoever listens when it is sent and when it is %s', async (outcome, errorType, invoke) => {
    const told: EventDiagnostic[] = [];
    const listen = (event: unknown) => void told.push(event as EventDiagnostic);
    subscribe(DIAGNOSTICS.event, listen);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.event, listen));
    const memory = await oneEvent(invoke);
    expect(told).toMatchObject([
      { channel: memory, kind: 'sent', type: 'placed.v1', outcome: 'done' },
      { channel: memory, kind: 'processed', type: 'placed.v1', group: 'g', outcome, ...(errorType && { errorType }) },
    ]);
    expect(told.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  });

  it('is not described while nobody listens', async () => {
    const publish = vi.spyOn(channel(DIAGNOSTICS.event), 'publish');
    onTestFinished(() => publish.mockRestore());
    await oneEvent(() => undefined);
    expect(publish).not.toHaveBeenCalled();
  });
});
