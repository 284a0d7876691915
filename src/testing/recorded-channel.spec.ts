import { describe, expect, it, vi } from 'vitest';
import { BackboneError, DEFAULT_CONTENT_TYPE, NO_HEADERS, type Channel, type Message } from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { checkHistory } from './check-history.js';
import { History } from './history.js';
import { recordedChannel } from './recorded-channel.js';

const stream = { environment: 'test', contract: 'orders' };

describe('a recorded channel', () => {
  it('works as before and writes down appends, deliveries and settlements', async () => {
    const history = new History();
    const channel = recordedChannel(memoryChannel(), history, { consumer: 'me' });
    await channel.publish(stream, [message('a'), message('b')]);
    const subscription = channel.subscribe({ stream, group: 'g' });
    for await (const { deliveries } of subscription) {
      const [first] = deliveries;
      if (!first) continue;
      await subscription.settle([{ delivery: first }]);
      break;
    }
    await subscription.close();
    const told = history.records.map((record) => [record.kind, record.eventId, 'outcome' in record && record.outcome]);
    expect(told).toEqual([
      ['append', 'a', 'invoked'],
      ['append', 'b', 'invoked'],
      ['append', 'a', 'ok'],
      ['append', 'b', 'ok'],
      ['delivery', 'a', false],
      ['delivery', 'b', false],
      ['settlement', 'a', false],
    ]);
    expect(history.records[4]).toMatchObject({ group: 'g', consumer: 'me', deliveries: 1, key: 'k' });
    expect(checkHistory(history.records).failures).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['that says so', new BackboneError('EB_OUTCOME_UNKNOWN', 'no reply'), 'unknown'],
    ['that is no error of the library', new Error('what?'), 'unknown'],
    ['that surely stored nothing', new BackboneError('EB_NOT_STORED', 'away'), 'failed'],
  ])('passes on the failure of an append %s, and writes down what is known', async (_, error, outcome) => {
    const history = new History();
    const failing: Channel = Object.assign(Object.create(memoryChannel()) as Channel, {
      publish: vi.fn<Channel['publish']>().mockRejectedValue(error),
    });
    await expect(recordedChannel(failing, history).publish(stream, [message('a')])).rejects.toBe(error);
    expect(history.records.at(-1)).toMatchObject({ eventId: 'a', outcome });
  });

  it('writes down no settlement that had no effect, and no delivery when told so', async () => {
    const history = new History();
    const intact = recordedChannel(memoryChannel(), new History());
    const taken: Channel = {
      ...intact,
      subscribe: (options) => ({
        ...intact.subscribe(options),
        settle: (settlements) => Promise.resolve(settlements.map(({ delivery }) => delivery)),
      }),
    };
    const channel = recordedChannel(taken, history, { deliveries: false });
    await channel.publish(stream, [message('a')]);
    const subscription = channel.subscribe({ stream, group: 'g' });
    for await (const { deliveries } of subscription) {
      await subscription.settle(deliveries.map((delivery) => ({ delivery })));
      break;
    }
    await subscription.close();
    expect(new Set(history.take().map(({ kind }) => kind))).toEqual(new Set(['append']));
    expect(history.records).toEqual([]);
  });
});

function message(id: string): Message {
  return {
    ...{ id, source: 'test', type: 'placed.v1', time: 0, key: 'k', correlationId: id, headers: NO_HEADERS },
    ...{ contentType: DEFAULT_CONTENT_TYPE, fields: {}, personal: [] },
  };
}
