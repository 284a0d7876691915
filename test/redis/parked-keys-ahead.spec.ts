import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Key,
  NonRetryableError,
} from 'nest-event-backbone/core';
import { setTimeout } from 'node:timers/promises';
import { redisUrl, freshStream, openChannel } from './open-channel.js';

const { contract } = freshStream();

@EventsContract(contract)
class Accounts {
  @ContractEvent()
  booked(@Key() account: string, amount: number) {
    return { account, amount };
  }
}

const ACCOUNTS = ['a', 'b', 'c', 'd'];
const PER_ACCOUNT = 60;
const BAD = new Set([5, 17, 40]);

describe.skipIf(redisUrl === '')('a consumer that parks keys', () => {
  it('runs nothing behind a failed event of its key, however far it has read ahead, and goes on in order when it is redriven', async () => {
    const channel = openChannel({ url: redisUrl, partitions: 2, claimEveryMs: 200 });
    const stream = { environment: 'test', contract };
    const producer = createProducer(Accounts, { channel, environment: 'test', source: 'test' });
    for (let amount = 0; amount < PER_ACCOUNT; amount += 1) {
      await Promise.all(ACCOUNTS.map((account) => producer.booked(account, amount)));
    }
    const handled = new Map<string, number[]>(ACCOUNTS.map((account) => [account, []]));
    let mended = -1;
    const definition = describeContract(Accounts);
    const consumer = new Consumer({
      ...{ channel, stream, group: 'group', batchSize: 4, maxInFlight: 8, concurrency: 1, onFailure: 'park-key' },
      knownTypes: [...definition.byType.keys()],
      handlers: [...definition.byType.values()].map((event) => ({
        event,
        invoke: async ([account, amount]) => {
          await setTimeout(1);
          if (BAD.has(amount as number) && (amount as number) > mended) throw new NonRetryableError('no');
          handled.get(account as string)?.push(amount as number);
        },
      })),
    });
    onTestFinished(() => consumer.stop(1_000));
    consumer.start();
    const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);
    for (const bad of [...BAD, PER_ACCOUNT]) {
      await vi.waitFor(
        async () => {
          for (const account of ACCOUNTS) expect(handled.get(account)).toHaveLength(bad);
          expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 });
        },
        { timeout: 15_000, interval: 50 },
      );
      // Not one of those behind the failed one has run.
      for (const account of ACCOUNTS) expect(handled.get(account)).toEqual(upTo(bad));
      mended = bad;
      const letters = await channel.admin.deadLetters.list(stream, 'group', { limit: 1_000 });
      expect(letters).toHaveLength(ACCOUNTS.length * (PER_ACCOUNT - bad));
      const failed = letters.filter(({ kind }) => kind === 'failed');
      for (const { id } of failed) await channel.admin.deadLetters.redrive(stream, 'group', [id]);
    }
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0, parkedKeys: 0 });
  });
});
