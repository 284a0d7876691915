import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BackboneError, deadline, describeError, isBackboneError } from '../core/index.js';
import type { Away } from './dashboard-api.js';
import { GroupHistories } from './group-histories.js';
import { KnownStreams, type KnownStream, type ShownConnection } from './known-streams.js';
import { StreamRecord } from './stream-record.js';

/** Somebody who watches; how many there are makes no difference to the server. */
export interface Watcher {
  /** The streams that are to be looked at often. */
  readonly wanted: readonly string[];
  changed(record: StreamRecord): void;
}

interface AwaySince extends Away {
  /** Only one look at a time tries whether it is back. */
  triedAt: number;
}

const TICK_MS = 1_000;
const LOOKS_PER_TICK = 10;
const MOST_AT_ONCE = 20;
const LOOK_AGAIN_MS = 2_000;
/** A look on demand takes what is younger than that. */
const FRESH_MS = 1_000;
const LOOK_TIMEOUT_MS = 10_000;
/** Whoever asks without a feed counts as watching for so long. */
const TOUCH_MS = 15_000;

/**
 * Looks at streams while somebody watches: at most ten each second, those that are on a screen every two seconds, the others in
 * turn. All watchers share what is found.
 */
@Injectable()
export class StreamWatch implements OnModuleDestroy {
  readonly #streams: KnownStreams;
  readonly #histories = new GroupHistories();
  // By id: what is known of a stream is made anew when another contract comes to it.
  readonly #records = new Map<string, StreamRecord>();
  readonly #watchers = new Set<Watcher>();
  readonly #looking = new Map<string, Promise<void>>();
  readonly #askedAt = new Map<string, number>();
  readonly #away = new Map<ShownConnection, AwaySince>();
  readonly #answeredAt = new Map<ShownConnection, number>();
  #timer: NodeJS.Timeout | undefined;
  #touchedUntil = 0;
  #isClosed = false;

  constructor(@Inject(KnownStreams) streams: KnownStreams) {
    this.#streams = streams;
  }

  /** What is known of every stream. */
  get records(): readonly StreamRecord[] {
    return this.#streams.all.map((known) => this.recordOf(known));
  }

  /** The connections whose servers do not answer. */
  get away(): readonly Away[] {
    return [...this.#away.values()].map(({ connection, since, reason }) => ({ connection, since, reason }));
  }

  recordOf(known: KnownStream): StreamRecord {
    let record = this.#records.get(known.id);
    if (!record) this.#records.set(known.id, (record = new StreamRecord(known, this.#histories)));
    record.known = known;
    return record;
  }

  /** Begins to look at streams, and goes on until what it returns is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#start();
    return () => void this.#watchers.delete(watcher);
  }

  /** Looks at streams for a while: somebody has asked. */
  touch(): void {
    this.#touchedUntil = Date.now() + TOUCH_MS;
    this.#start();
  }

  /**
   * What a stream is like now.
   *
   * @throws what the channel throws, `EB_TIMEOUT`
   */
  async now(known: KnownStream): Promise<StreamRecord> {
    const record = this.recordOf(known);
    if (Date.now() - record.seenAt >= FRESH_MS) await this.#look(known);
    return record;
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watchers.clear();
  }

  #start(): void {
    if (this.#timer || this.#isClosed) return;
    this.#tick();
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#isClosed || (this.#watchers.size === 0 && Date.now() >= this.#touchedUntil)) return;
    for (const known of this.#due()) this.#look(known).catch(() => undefined);
    this.#timer = setTimeout(() => this.#tick(), TICK_MS).unref();
  }

  /** What is on a screen first, then what was not asked for the longest. */
  #due(): readonly KnownStream[] {
    const now = Date.now();
    const askedAt = ({ id }: KnownStream) => this.#askedAt.get(id) ?? 0;
    const wanted = new Set([...this.#watchers].flatMap((watcher) => watcher.wanted));
    const tried = new Set<ShownConnection>();
    const mayBeAsked = (known: KnownStream): boolean => {
      if (this.#looking.has(known.id) || now - askedAt(known) < LOOK_AGAIN_MS) return false;
      const away = this.#away.get(known.of);
      if (!away) return true;
      if (tried.has(known.of) || now - away.triedAt < LOOK_AGAIN_MS) return false;
      tried.add(known.of);
      away.triedAt = now;
      return true;
    };
    const inTurn = [...this.#streams.all].sort(
      (a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)) || askedAt(a) - askedAt(b),
    );
    const room = Math.min(LOOKS_PER_TICK, MOST_AT_ONCE - this.#looking.size);
    const due: KnownStream[] = [];
    for (const known of inTurn) {
      if (due.length >= room) break;
      if (mayBeAsked(known)) due.push(known);
    }
    return due;
  }

  #look(known: KnownStream): Promise<void> {
    const { id } = known;
    let looking = this.#looking.get(id);
    if (!looking) {
      this.#askedAt.set(id, Date.now());
      looking = this.#lookNow(known).finally(() => this.#looking.delete(id));
      this.#looking.set(id, looking);
    }
    return looking;
  }

  async #lookNow(known: KnownStream): Promise<void> {
    const { of, stream } = known;
    const { admin } = of.connection.channel;
    const record = this.recordOf(known);
    const began = performance.now();
    const { over, cancel } = deadline(LOOK_TIMEOUT_MS);
    const late = over.then(() => {
      throw new BackboneError('EB_TIMEOUT', `the server did not answer within ${LOOK_TIMEOUT_MS} ms`);
    });
    try {
      const [extent, groups] = await Promise.race([Promise.all([admin.extent(stream), admin.groups(stream)]), late]);
      record.take(extent, groups, Date.now());
      this.#away.delete(of);
      this.#answeredAt.set(of, performance.now());
    } catch (error) {
      // A server that has answered about another stream meanwhile is there.
      if ((this.#answeredAt.get(of) ?? -1) < began) this.#failed(of, error);
      throw error;
    } finally {
      cancel();
    }
    for (const watcher of this.#watchers) watcher.changed(record);
  }

  #failed(of: ShownConnection, error: unknown): void {
    const before = this.#away.get(of);
    // What a foreign error says may quote anything.
    const reason = isBackboneError(error) ? describeError(error) : 'the channel failed';
    const since = before?.since ?? Date.now();
    this.#away.set(of, { connection: of.label, since, reason, triedAt: Date.now() });
  }
}
