/**
 * What the dashboard's server answers, and its page asks for. Times are milliseconds since 1970, positions are written
 * `partition:id`. All paths are below the dashboard's own:
 *
 * - `GET api/session` → {@link Session}
 * - `GET api/streams` → {@link StreamSummary}[]
 * - `GET api/streams/:stream` → {@link StreamDetail}
 * - `GET api/streams/:stream/events?id&key&type&from&until&position&before&after&limit` → {@link EventPage}, newest first
 * - `GET api/streams/:stream/events/:position` → {@link EventView}, with whole values
 * - `GET api/streams/:stream/events/:position/chain` → {@link EventChain}, from all streams
 * - `GET api/streams/:stream/groups/:group/dead-letters?after&limit` → {@link DeadLetterPage}
 * - `GET api/streams/:stream/groups/:group/dead-letters/:id` → {@link DeadLetterDetail}
 * - `POST api/streams/:stream/groups/:group/dead-letters/redrive|remove` with {@link ActionRequest} → {@link ActionResult}
 * - `GET api/projections` → {@link ProjectionView}[]
 * - `GET api/live?stream=…&visible=…` → `visible` names the streams on the screen, with commas: they are looked at often;
 *   server-sent events: `streams` {@link StreamSummary}[] (those that changed),
 *   `stream` {@link StreamDetail} (of the one asked for), `projections` {@link ProjectionView}[], `away` {@link Away}[] (empty when all is well)
 *
 * An error is answered with its HTTP status and {@link Failure}.
 */
export interface Session {
  /** Whether dead letters can be redriven and removed here. */
  readonly actions: boolean;
  /** Whether this viewer may see personal arguments. */
  readonly personal: boolean;
  readonly connections: readonly string[];
  /** The version of the package. */
  readonly version: string;
}

/** A stream in the table of all. `stream` is its id in paths: connection, environment and contract. */
export interface StreamSummary {
  readonly stream: string;
  readonly connection: string;
  readonly environment: string;
  readonly contract: string;
  /** `redis`, `kafka`, `postgres`, `memory` or another technology. */
  readonly channel: string;
  /** How many events there are; `null` when the server cannot tell or was not asked yet. */
  readonly events: number | null;
  /** True when `events` is the server's estimate. */
  readonly isEstimated?: boolean;
  readonly bytes: number | null;
  /** Appended per second, over the last looks; `null` before two looks. */
  readonly rate: number | null;
  /** The rate at the last looks, oldest first, at most 60: a sparkline. */
  readonly rates: readonly number[];
  readonly lastAt: number | null;
  readonly groups: number;
  /** The largest lag of its groups. */
  readonly lag: number | null;
  readonly deadLetters: number;
  /** When the server was asked last; `null` when it was not yet. */
  readonly seenAt: number | null;
}

/** A stream with its groups. */
export interface StreamDetail extends StreamSummary {
  /** The event types of its contracts that this application knows. */
  readonly types: readonly string[];
  readonly groupStates: readonly GroupView[];
}

/** A group: how far behind it is, who consumes, and how that was over time. */
export interface GroupView {
  readonly group: string;
  readonly lag: number | null;
  readonly lagMs: number | null;
  readonly pending: number;
  readonly oldestPendingMs: number | null;
  readonly retrying: number;
  readonly deadLetters: number;
  readonly parkedKeys: number;
  readonly consumers: readonly ConsumerView[];
  /** Paused by this process. */
  readonly isPaused: boolean;
  /** Lag and pending over time, oldest first: at most 600 points. */
  readonly history: readonly { readonly at: number; readonly lag: number | null; readonly pending: number }[];
}

/** A consumer of a group and what it holds. */
export interface ConsumerView {
  readonly name: string;
  /** Runs in the process that answers. */
  readonly isHere: boolean;
  readonly pending: number;
  readonly idleMs: number | null;
  readonly partitions: readonly number[] | null;
}

/**
 * An argument's value as plain JSON. Instead of a value there may be a marker: `{ "$personal": true }` (hidden),
 * `{ "$erased": true }`, `{ "$truncated": { "length": 1048576, "start": "…" } }`, `{ "$deep": true }`,
 * `{ "$bigint": "12" }`, `{ "$bytes": "AAEC" }`, `{ "$unreadable": "why" }`.
 */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** An event as the browser shows it. */
export interface EventView {
  readonly position: string;
  readonly appendedAt: number;
  /** Why the entry is no event; the rest is empty then. */
  readonly malformed?: string;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly time: number;
  readonly source: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The names of its personal arguments. */
  readonly personal: readonly string[];
  readonly erased: readonly string[];
  readonly arguments: Readonly<Record<string, JsonValue>>;
}

/** Some events, newest first. */
export interface EventPage {
  readonly events: readonly EventView[];
  /** Pass as `before` for older ones; absent when there are none. */
  readonly older?: string;
  /** True when the search ended because its time was over: `older` goes on from there. */
  readonly incomplete: boolean;
}

/** An event of a chain, without its arguments. */
export interface ChainLink {
  /** The stream it stands in. */
  readonly stream: string;
  readonly position: string;
  readonly appendedAt: number;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly causationId?: string;
}

/** What was produced because of the same first event, oldest first, as far as it was found in the streams of the dashboard. */
export interface EventChain {
  readonly events: readonly ChainLink[];
  /** True when a stream could not be looked through to its end: there may be more. */
  readonly incomplete: boolean;
}

/** A dead letter in the list. */
export interface DeadLetterView {
  readonly id: string;
  readonly position: string;
  readonly eventId?: string;
  readonly type?: string;
  readonly key?: string;
  readonly kind: string;
  readonly code: string;
  readonly error: string;
  readonly attempts: number;
  readonly time: number;
}

/** Some dead letters of a group, oldest first. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterView[];
  readonly total: number;
  /** Pass as `after` for the next ones. */
  readonly next?: string;
}

/** A dead letter with its stack and its event. */
export interface DeadLetterDetail extends DeadLetterView {
  readonly stack?: string;
  readonly event?: EventView;
}

/** What to do with which dead letters; sent as JSON with the header `x-event-backbone-action: redrive|remove`. */
export interface ActionRequest {
  /** At most 1,000. */
  readonly ids: readonly string[];
  /** How many the person has confirmed; must be the number of `ids`. */
  readonly confirmed: number;
}

/** How many dead letters were found. */
export interface ActionResult {
  readonly done: number;
}

/** A projection of this application. */
export interface ProjectionView {
  readonly name: string;
  readonly stream: string;
  readonly status: string;
  readonly handled: number;
  /** Events not projected yet. */
  readonly lag: number | null;
  readonly lagMs: number | null;
  /** While it is built: from 0 to 1. */
  readonly progress: number | null;
  readonly error?: string;
}

/** A connection whose server does not answer. */
export interface Away {
  readonly connection: string;
  readonly since: number;
  readonly reason: string;
}

/** Why a request failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly away?: boolean;
}
