import { randomUUID } from 'node:crypto';
import { setTimeout as pace } from 'node:timers/promises';
import { ContractEvent, EventsContract, Key, type Producer, type Stream } from 'nest-event-backbone';
import { Bridge, copyMark, openGroup, Switchover } from 'nest-event-backbone/bridge';
import { createProducer, type Channel, type Message, type Position } from 'nest-event-backbone/core';
import { checkHistory, History, type HistoryReport } from 'nest-event-backbone/testing';
import { onTestFinished, vi } from 'vitest';

/** How long a step may take on a slow machine. */
const PATIENCE = { timeout: 60_000, interval: 20 };
const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);
const GROUP = 'app';

@EventsContract('meter')
class Meter {
  @ContractEvent()
  counted(@Key() key: string, count: number) {
    return { key, count };
  }
}

export interface MigrationReports {
  readonly seen: HistoryReport;
  readonly there: HistoryReport;
  readonly copies: number;
}

/** A stream that is in use all the time, and what everybody saw of it. */
export class Migration {
  readonly stream: Stream = { environment: `migrated-${randomUUID()}`, contract: 'meter' };
  readonly history = new History();
  readonly events: Switchover<Producer<Meter>>;
  readonly bridge: Bridge;
  appended = 0;
  handled = 0;
  readonly #from: Channel;
  readonly #to: Channel;
  readonly #stop = new AbortController();
  #producing: Promise<unknown> = Promise.resolve();

  constructor(from: Channel, to: Channel) {
    this.#from = from;
    this.#to = to;
    this.events = new Switchover(this.#producer(from));
    const there = { channel: to, server: 'new' };
    this.bridge = new Bridge({ from: { ...this.stream, channel: from, server: 'old' }, to: there });
    onTestFinished(async () => {
      this.#stop.abort();
      await Promise.all([this.#producing, this.bridge.stop(5_000)]);
    });
  }

  /** Appends to all keys at once, in the order of each, until it is told to stop. */
  produce(): void {
    this.#producing = Promise.all(KEYS.map((key) => this.#append(key)));
  }

  async stopProducing(): Promise<void> {
    this.#stop.abort();
    await this.#producing;
  }

  /** Appends one event through the producer of the moment. */
  async append(key: string, count: number): Promise<void> {
    const eventId = `${key}-${count}`;
    this.history.append(eventId, key, 'invoked');
    await this.events.use((producer) => producer.$with({ eventId }).counted(key, count));
    this.history.append(eventId, key, 'ok');
    this.appended += 1;
  }

  /** Consumes on the old or the new side, one group on both; returns how to end it. */
  consume(side: 'old' | 'new', group = GROUP): () => Promise<void> {
    const channel = side === 'old' ? this.#from : this.#to;
    const subscription = channel.subscribe({ stream: this.stream, group });
    const work = (async () => {
      for await (const { deliveries } of subscription) {
        for (const { message } of deliveries) if (message) this.#note(message, group, side);
        await subscription.settle(deliveries.map((delivery) => ({ delivery })));
        if (group === GROUP) this.handled += deliveries.length;
      }
    })();
    const end = async () => {
      await subscription.close();
      await work;
    };
    onTestFinished(end);
    return end;
  }

  /** Everything has been handled on a side. */
  async drained(side: 'old' | 'new', group = GROUP): Promise<void> {
    const channel = side === 'old' ? this.#from : this.#to;
    await vi.waitUntil(async () => {
      const { lag, pending } = (await channel.admin.state(this.stream, group)) ?? {};
      return lag === 0 && pending === 0;
    }, PATIENCE);
  }

  /** Turns the producers to the new side with nothing in between; returns how long they were held, in milliseconds. */
  async turn(): Promise<number> {
    const began = performance.now();
    await this.events.hold();
    const { deadLetters } = await this.bridge.caughtUp(AbortSignal.timeout(PATIENCE.timeout));
    if (deadLetters > 0) throw new Error(`${deadLetters} events cannot be copied`);
    await openGroup(this.#to, this.stream, GROUP);
    this.turnAtOnce();
    return performance.now() - began;
  }

  /** What must not be done while anything is on its way. */
  turnAtOnce(): void {
    this.events.release(this.#producer(this.#to));
  }

  /** What is wrong with what was handled, and with what stands on the new side, and how much of that are copies. */
  async reports(groups: readonly string[]): Promise<MigrationReports> {
    const stored: { eventId: string; position: Position }[] = [];
    let copies = 0;
    for await (const events of this.#to.read({ stream: this.stream })) {
      for (const { message, position } of events) {
        if (!message) continue;
        stored.push({ eventId: message.id, position });
        if (copyMark(message)?.origin.server === 'old') copies += 1;
      }
    }
    const { records } = this.history;
    const appends = records.filter(({ kind }) => kind === 'append');
    return { seen: checkHistory(records, { groups }), there: checkHistory(appends, { stored, groups: [] }), copies };
  }

  #producer(channel: Channel): Producer<Meter> {
    return createProducer(Meter, { channel, environment: this.stream.environment, source: 'test' });
  }

  async #append(key: string): Promise<void> {
    for (let count = 1; !this.#stop.signal.aborted; count += 1) {
      await this.append(key, count);
      await pace(Math.random() * 10);
    }
  }

  /** Positions of two channels have no order: what counts is where an event stands among those of its key. */
  #note({ id: eventId, key }: Message, group: string, consumer: string): void {
    const position = { partition: KEYS.indexOf(key), id: eventId.slice(key.length + 1) };
    this.history.delivery({ eventId, key, position, group, consumer });
  }
}

/** Moves a stream from one channel to another while it is in use, as docs/migrating.md says; returns what happened. */
export async function migrate(
  from: Channel,
  to: Channel,
): Promise<{ readonly migration: Migration; readonly heldMs: number }> {
  const migration = new Migration(from, to);
  const { bridge } = migration;
  const leave = migration.consume('old');
  migration.produce();
  const until = (isDone: () => boolean) => vi.waitUntil(isDone, PATIENCE);
  await until(() => migration.appended > 200);
  bridge.start();
  migration.consume('new', 'audit');
  await until(() => bridge.state.relayed > 300);
  const heldMs = await migration.turn();
  await migration.drained('old');
  await leave();
  const { handled } = migration;
  migration.consume('new');
  await until(() => migration.handled > handled + 300);
  await migration.stopProducing();
  await migration.drained('new');
  await migration.drained('new', 'audit');
  return { migration, heldMs };
}
