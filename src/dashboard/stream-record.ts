import type { GroupState, StreamExtent } from '../core/index.js';
import type { StreamDetail, StreamSummary } from './dashboard-api.js';
import type { GroupHistories } from './group-histories.js';
import { groupView } from './group-view.js';
import type { KnownStream } from './known-streams.js';

const MOST_RATES = 60;

/** What is known of a stream since the first look at it. */
export class StreamRecord {
  known: KnownStream;
  readonly #histories: GroupHistories;
  readonly #rates: number[] = [];
  #seen: { readonly at: number; readonly extent: StreamExtent; readonly groups: readonly GroupState[] } | undefined;

  constructor(known: KnownStream, histories: GroupHistories) {
    this.known = known;
    this.#histories = histories;
  }

  /** When it was looked at last; 0 when it was not yet. */
  get seenAt(): number {
    return this.#seen?.at ?? 0;
  }

  /** Takes in what a look has found. */
  take(extent: StreamExtent, groups: readonly GroupState[], at: number): void {
    const before = this.#seen;
    this.#seen = { at, extent, groups };
    for (const { group, lag = null, pending } of groups) {
      this.#histories.add(this.#nameOf(group), { at, lag, pending });
    }
    const { appended } = extent;
    if (before?.extent.appended === undefined || appended === undefined || at <= before.at) return;
    // It begins anew when the stream was removed, or the server has lost something.
    const grown = Math.max(0, appended - before.extent.appended);
    this.#rates.push(Math.round((grown * 100_000) / (at - before.at)) / 100);
    if (this.#rates.length > MOST_RATES) this.#rates.shift();
  }

  get summary(): StreamSummary {
    const { id, of, stream } = this.known;
    const { extent, groups = [], at } = this.#seen ?? {};
    const lags = groups.flatMap(({ lag }) => lag ?? []);
    return {
      stream: id,
      connection: of.label,
      environment: stream.environment,
      contract: stream.contract,
      channel: of.connection.channel.technology ?? 'another',
      events: extent?.events ?? null,
      isEstimated: extent?.isEstimated ?? false,
      bytes: extent?.bytes ?? null,
      rate: this.#rates.at(-1) ?? null,
      rates: [...this.#rates],
      lastAt: extent?.lastAt ?? null,
      groups: groups.length,
      lag: lags.length === 0 ? null : Math.max(...lags),
      deadLetters: groups.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
      seenAt: at ?? null,
    };
  }

  get detail(): StreamDetail {
    const { contracts } = this.known;
    const { groups = [], at = 0 } = this.#seen ?? {};
    return {
      ...this.summary,
      types: [...new Set(contracts.flatMap(({ readable }) => [...readable.keys()]))],
      groupStates: groups.map((state) =>
        groupView(this.known, state, this.#histories.of(this.#nameOf(state.group)), at),
      ),
    };
  }

  #nameOf(group: string): string {
    return `${this.known.id}/${group}`;
  }
}
