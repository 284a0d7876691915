import { describe, expect, it, vi } from 'vitest';
import { deferred } from './deferred.js';
import type { KafkaRecord } from './kafka-driver.js';
import { KafkaCallError } from './kafka-failure.js';
import { ProduceLane, type SendRecords } from './produce-lane.js';

function record(value: string): KafkaRecord {
  return { partition: 0, key: null, value: Buffer.from(value), headers: {} };
}

/** Remembers what travelled together; each flight ends when it is told to. */
class Flights {
  readonly sent: (readonly string[])[] = [];
  readonly signals: AbortSignal[] = [];
  isWritten = false;
  #next = 0n;
  outcome: (values: readonly string[]) => Promise<void> = async () => undefined;

  readonly send: SendRecords = async (records, sending) => {
    const values = records.map(({ value }) => String(value));
    this.sent.push(values);
    this.signals.push(sending.signal);
    sending.isWritten = () => this.isWritten;
    await this.outcome(values);
    return values.map(() => this.#next++);
  };
}

describe('the appends of a topic', () => {
  it('that are asked for in one turn, or while one is on its way, travel together in their order', async () => {
    const flights = new Flights();
    const first = deferred<undefined>();
    flights.outcome = (values) => (values.includes('a') ? first.promise : Promise.resolve());
    const lane = new ProduceLane(flights.send);
    const early = [lane.append([record('a')], 5_000), lane.append([record('b'), record('c')], 5_000)];
    await vi.waitFor(() => expect(flights.sent).toHaveLength(1));
    const late = [lane.append([record('d')], 5_000), lane.append([record('e')], 5_000)];
    first.resolve(undefined);
    expect(await Promise.all([...early, ...late])).toEqual([[0n], [1n, 2n], [3n], [4n]]);
    expect(flights.sent).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('do not travel together beyond a size that any topic takes', async () => {
    const flights = new Flights();
    const lane = new ProduceLane(flights.send);
    const large = 'x'.repeat(100_000);
    await Promise.all([large, large, 'small'].map((value) => lane.append([record(value)], 5_000)));
    expect(flights.sent.map((values) => values.length)).toEqual([1, 2]);
  });

  it('suffer only for what they did themselves', async () => {
    const flights = new Flights();
    flights.outcome = async (values) => {
      if (values.includes('bad')) throw new KafkaCallError('tooLarge', 'too large');
    };
    const lane = new ProduceLane(flights.send);
    const all = ['a', 'bad', 'b'].map((value) => lane.append([record(value)], 5_000));
    const ends = await Promise.allSettled(all);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail together when the way is cut', async () => {
    const flights = new Flights();
    flights.outcome = () => Promise.reject(new KafkaCallError('unknown', 'cut'));
    const lane = new ProduceLane(flights.send);
    const ends = await Promise.allSettled(['a', 'b'].map((value) => lane.append([record(value)], 5_000)));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(flights.sent).toHaveLength(1);
  });

  it.each([
    [true, 'unknown'],
    [false, 'unsent'],
  ] as const)('reject by their deadline; something written: %s, so it is "%s"', async (isWritten, failure) => {
    const flights = new Flights();
    flights.isWritten = isWritten;
    flights.outcome = () => new Promise(() => undefined);
    const lane = new ProduceLane(flights.send);
    await expect(lane.append([record('a')], 50)).rejects.toMatchObject({ failure });
    expect(flights.signals[0]?.aborted).toBe(true);
  });

  it('that did not leave are sent again, without those that were told so meanwhile', async () => {
    const flights = new Flights();
    const cut = deferred<undefined>();
    flights.outcome = () => (flights.sent.length === 1 ? cut.promise : Promise.resolve());
    const lane = new ProduceLane((records, sending) => {
      sending.signal.addEventListener('abort', () => cut.reject(new KafkaCallError('unsent', 'stopped')));
      return flights.send(records, sending);
    });
    const patient = lane.append([record('a')], 5_000);
    await expect(lane.append([record('b')], 50)).rejects.toMatchObject({ failure: 'unsent' });
    expect(await patient).toEqual([0n]);
    expect(flights.sent).toEqual([['a', 'b'], ['a']]);
  });

  it('end at once when it is closed', async () => {
    const flights = new Flights();
    flights.outcome = () => Promise.reject(new KafkaCallError('unsent', 'away'));
    const lane = new ProduceLane(flights.send);
    const pending = lane.append([record('a')], 60_000);
    await vi.waitFor(() => expect(flights.sent.length).toBeGreaterThan(1));
    lane.close();
    await expect(pending).rejects.toMatchObject({ failure: 'unsent' });
    await expect(lane.append([record('b')], 60_000)).rejects.toMatchObject({ failure: 'unsent' });
  });

  it('that waited in vain were surely not sent, and are not sent later', async () => {
    const flights = new Flights();
    const first = deferred<undefined>();
    flights.isWritten = true;
    flights.outcome = (values) => (values.includes('a') ? first.promise : Promise.resolve());
    const lane = new ProduceLane(flights.send);
    const slow = lane.append([record('a')], 5_000);
    await vi.waitFor(() => expect(flights.sent).toHaveLength(1));
    await expect(lane.append([record('b')], 20)).rejects.toMatchObject({ failure: 'unsent' });
    const last = lane.append([record('c')], 5_000);
    first.resolve(undefined);
    await Promise.all([slow, last]);
    expect(flights.sent).toEqual([['a'], ['c']]);
  });
});
