import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { KnownStreams } from './known-streams.js';
import { LiveClient, type LiveWish } from './live-client.js';
import { ProjectionWatch } from './projection-watch.js';
import type { StreamRecord } from './stream-record.js';
import { StreamWatch } from './stream-watch.js';

const FLUSH_MS = 1_000;
const HEARTBEAT_MS = 15_000;
const PROJECTIONS_MS = 5_000;

/** Sends what has changed to everybody who watches, once each second, and makes each text once for all of them. */
@Injectable()
export class LiveFeed implements OnModuleDestroy {
  readonly #streams: KnownStreams;
  readonly #watch: StreamWatch;
  readonly #projections: ProjectionWatch;
  readonly #clients = new Set<LiveClient>();
  readonly #changed = new Set<StreamRecord>();
  #unwatch: (() => void) | undefined;
  #timers: readonly NodeJS.Timeout[] = [];
  #away = '[]';
  #projected = '';
  #isClosed = false;

  constructor(
    @Inject(KnownStreams) streams: KnownStreams,
    @Inject(StreamWatch) watch: StreamWatch,
    @Inject(ProjectionWatch) projections: ProjectionWatch,
  ) {
    this.#streams = streams;
    this.#watch = watch;
    this.#projections = projections;
  }

  /** How many watch. */
  get size(): number {
    return this.#clients.size;
  }

  /** Begins to send to a viewer; one that comes while the application stops is sent away. */
  open(response: ServerResponse, wish: LiveWish): void {
    if (this.#isClosed) {
      response.destroy();
      return;
    }
    const client: LiveClient = new LiveClient(response, wish, () => this.#left(client));
    this.#clients.add(client);
    this.#start();
    this.#flushTo(client);
  }

  // Before the server closes: it waits for open connections.
  onModuleDestroy(): void {
    this.#isClosed = true;
    this.#stop();
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  #left(client: LiveClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#stop();
  }

  #start(): void {
    if (this.#unwatch) return;
    // For the watch all viewers are one.
    const wanted = () =>
      [...this.#clients].flatMap(({ wish }) => [...(wish.stream ? [wish.stream] : []), ...wish.visible]);
    this.#unwatch = this.#watch.watch({
      get wanted() {
        return wanted();
      },
      changed: (record) => void this.#changed.add(record),
    });
    this.#timers = [
      setInterval(() => this.#flush(), FLUSH_MS).unref(),
      setInterval(() => this.#beat(), HEARTBEAT_MS).unref(),
      setInterval(() => void this.#project(), PROJECTIONS_MS).unref(),
    ];
    void this.#project();
  }

  #stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    this.#changed.clear();
  }

  #beat(): void {
    for (const client of this.#clients) client.beat();
  }

  #flush(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    const away = JSON.stringify(this.#watch.away);
    const isNews = away !== this.#away;
    this.#away = away;
    const summaries = changed.length > 0 ? JSON.stringify(changed.map(({ summary }) => summary)) : undefined;
    const details = new Map<string, string>();
    const detailOf = (record: StreamRecord): string => {
      const { id } = record.known;
      const text = details.get(id) ?? JSON.stringify(record.detail);
      details.set(id, text);
      return text;
    };
    for (const client of this.#clients) {
      if (client.isBehind) {
        this.#flushTo(client);
        continue;
      }
      if (summaries !== undefined) client.send('streams', summaries);
      const open = changed.find(({ known }) => known.id === client.wish.stream);
      if (open) client.send('stream', detailOf(open));
      if (isNews) client.send('away', away);
    }
  }

  /** Sends everything. */
  #flushTo(client: LiveClient): void {
    if (!client.isReady) return;
    client.isBehind = false;
    client.send('streams', JSON.stringify(this.#watch.records.map(({ summary }) => summary)));
    const { stream } = client.wish;
    const known = stream === undefined ? undefined : this.#streams.find(stream);
    if (known) client.send('stream', JSON.stringify(this.#watch.recordOf(known).detail));
    client.send('away', JSON.stringify(this.#watch.away));
    if (this.#projected !== '') client.send('projections', this.#projected);
  }

  async #project(): Promise<void> {
    const projected = JSON.stringify(await this.#projections.views());
    if (projected === this.#projected) return;
    this.#projected = projected;
    for (const client of this.#clients) client.send('projections', projected);
  }
}
