import { Inject, Injectable } from '@nestjs/common';
import { BackboneError, jsonCodec, type ReadEvent } from '../core/index.js';
import { StreamHistory } from '../history/stream-history.js';
import { ChainSearch, type SearchedStream } from './chain-search.js';
import type { EventChain, EventPage, EventView } from './dashboard-api.js';
import { eventView, positionOf, positionText, type Showing } from './event-view.js';
import { KnownStreams, type KnownStream } from './known-streams.js';
import { newestEvents, type NewestQuery, type Place } from './newest-events.js';
import { IN_A_LIST, WHOLE, type ShownLimits } from './shown-value.js';

/** What is asked of the event browser, as it stands in a URL. */
export type EventQuery = Readonly<
  Partial<Record<'id' | 'key' | 'type' | 'from' | 'until' | 'position' | 'before' | 'after' | 'limit', string>>
>;

const LARGEST_PAGE = 200;
const PAGE = 50;
const SEARCH_MS = 3_000;
/** Without arguments, so many events are little. */
const MOST_BARE = 20_000;
const MOST_WITH_FIELDS = 2_000;
const MOST_PARTITIONS = 64;

/** Finds events for people to look at, newest first, in pages and within a time. */
@Injectable()
export class EventBrowser {
  readonly #streams: KnownStreams;

  constructor(@Inject(KnownStreams) streams: KnownStreams) {
    this.#streams = streams;
  }

  /**
   * Finds events by what the query says.
   *
   * @throws BackboneError `EB_ARGUMENT` for what cannot be understood, `EB_NAME`; and what the channel throws.
   */
  async page(known: KnownStream, query: EventQuery, personal: boolean): Promise<EventPage> {
    const { channel } = known.of.connection;
    const show = (event: ReadEvent) => eventView(event, showing(known, personal, IN_A_LIST));
    if (query.position !== undefined) {
      const found = await historyOf(known).at(positionOf(query.position));
      return { events: found ? [show(found)] : [], incomplete: false };
    }
    if (query.id !== undefined && channel.supports.readById) {
      const found = await historyOf(known).withId(query.id);
      return { events: found ? [show(found)] : [], incomplete: false };
    }
    const { events, older, incomplete } = await this.#newest(known, query);
    const whole = await withFields(known, events);
    return { events: whole.map(show), incomplete, ...(older && { older: placeText(older) }) };
  }

  /** The event at a position with whole values; `undefined` when there is none. */
  async one(known: KnownStream, position: string, personal: boolean): Promise<EventView | undefined> {
    const found = await historyOf(known).at(positionOf(position));
    return found && this.show(known, found, personal);
  }

  /** Finds the chain of the event at a position, in all streams; `undefined` when there is no event. */
  async chain(known: KnownStream, position: string): Promise<EventChain | undefined> {
    const found = await historyOf(known).at(positionOf(position));
    if (!found?.message) return undefined;
    // Its own first: there is most of it.
    const streams = [known, ...this.#streams.all.filter(({ id }) => id !== known.id)].map(
      ({ id, of, stream }): SearchedStream => ({ id, channel: of.connection.channel, stream }),
    );
    return new ChainSearch(found.message.correlationId, streams).of(found);
  }

  /** Shows an event with whole values. */
  show(known: KnownStream, event: ReadEvent, personal: boolean): EventView {
    return eventView(event, showing(known, personal, WHOLE));
  }

  async #newest(known: KnownStream, query: EventQuery): ReturnType<typeof newestEvents> {
    const { channel } = known.of.connection;
    const history = historyOf(known);
    const { id, key, type } = query;
    const extent = await channel.admin.extent(known.stream);
    const asked: NewestQuery = {
      wanted: { key, types: type === undefined ? undefined : [type], fields: readsTwice(known) ? [] : undefined },
      ...(id !== undefined && { isWanted: ({ message }) => message?.id === id }),
      fromMs: msOf('from', query.from) ?? 0,
      // What was stored since the look counts, too.
      untilMs: msOf('until', query.until) ?? Math.max(Date.now(), extent.lastAt ?? 0) + 1,
      before: await placeFrom(history, 'before', query.before),
      after: await placeFrom(history, 'after', query.after),
      limit: limitOf(query.limit),
      timeMs: SEARCH_MS,
      mostAtOnce: readsTwice(known) ? MOST_BARE : MOST_WITH_FIELDS,
      firstAt: async () => {
        if (extent.first.length > MOST_PARTITIONS) return 0;
        const firsts = await Promise.all(extent.first.map((position) => history.at(position)));
        return Math.min(Infinity, ...firsts.map((event) => event?.appendedAt ?? 0));
      },
    };
    // Nothing lies between the newest event and now; the first step begins where there is something.
    if (asked.before || query.until !== undefined || extent.lastAt === undefined) return newestEvents(history, asked);
    return newestEvents(history, { ...asked, untilMs: Math.min(asked.untilMs, extent.lastAt + 1) });
  }
}

/** Looks first and fetches the arguments of what is shown, where events can be read by their ids. */
function readsTwice({ of }: KnownStream): boolean {
  return of.connection.channel.supports.readById;
}

async function withFields(known: KnownStream, events: readonly ReadEvent[]): Promise<readonly ReadEvent[]> {
  const ids = events.flatMap(({ message }) => message?.id ?? []);
  if (ids.length === 0 || !readsTwice(known)) return events;
  const whole = new Map<string, ReadEvent>();
  for await (const batch of known.of.connection.channel.read({ stream: known.stream, ids })) {
    for (const event of batch) whole.set(positionText(event.position), event);
  }
  return events.map((event) => whole.get(positionText(event.position)) ?? event);
}

function historyOf({ of, stream }: KnownStream): StreamHistory {
  return new StreamHistory(of.connection.channel, stream);
}

function showing({ of, contracts }: KnownStream, personal: boolean, limits: ShownLimits): Showing {
  return { contracts, codec: of.connection.options.codec ?? jsonCodec, personal, limits };
}

function placeText({ ms, position, stepMs }: Place): string {
  if (position) return `${ms}~${positionText(position)}`;
  return stepMs === undefined ? `${ms}` : `${ms}+${stepMs}`;
}

/** Reads what {@link placeText} wrote, or a position. */
async function placeFrom(history: StreamHistory, path: string, text: string | undefined): Promise<Place | undefined> {
  if (text === undefined) return undefined;
  const [, ms, stepMs, rest] = /^(\d{1,15})(?:\+(\d{1,15})|~(.*))?$/s.exec(text) ?? [];
  if (ms !== undefined) {
    const step = Number(stepMs ?? 0);
    return {
      ms: Number(ms),
      ...(step > 0 && { stepMs: step }),
      ...(rest !== undefined && { position: positionOf(rest) }),
    };
  }
  const position = positionOf(text);
  const event = await history.at(position);
  if (event) return { ms: event.appendedAt, position };
  throw new BackboneError('EB_ARGUMENT', `there is no event at the position in \`${path}\` any more; begin anew`);
}

function msOf(path: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BackboneError('EB_ARGUMENT', `\`${path}\` must be milliseconds since 1970`, { details: { path } });
}

/**
 * Reads how many are wanted.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function limitOf(text: string | undefined, most = LARGEST_PAGE, usual = PAGE): number {
  if (text === undefined || text === '') return usual;
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new BackboneError('EB_ARGUMENT', `\`limit\` must be a whole number from 1 to ${most}`, {
    details: { path: 'limit' },
  });
}
