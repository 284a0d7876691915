import {
  BackboneError,
  decodeArguments,
  eventOfType,
  jsonCodec,
  streamOf,
  type ContractClass,
  type ContractDefinition,
  type DeadLetter,
  type EventMetadata,
  type Message,
  type ReadEvent,
  type Stream,
} from '../core/index.js';
import type { Connection } from './connection.js';

/** Which group's dead letters are meant. */
export interface DeadLetterGroup {
  /** The group of the connection when absent. */
  readonly group?: string;
}

/** Which dead letters to list. */
export interface DeadLetterQuery extends DeadLetterGroup {
  /** Those behind this one: the `id` of the last one of the page before. */
  readonly after?: string;
  /** At most so many. Default 100. */
  readonly limit?: number;
}

/** A dead letter with its event, as far as that can be read. */
export interface ShownDeadLetter {
  readonly letter: DeadLetter;
  /** Absent when the event is gone, or unreadable. */
  readonly metadata?: EventMetadata;
  /** The arguments by name; absent when they cannot be decoded. Personal ones are among them, erased ones are `ERASED`. */
  readonly args?: Readonly<Record<string, unknown>>;
}

const PAGE = 100;

/** Looks at what the groups of one connection have set aside, hands it out again or removes it. Inject it by its class. */
export class DeadLetters {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Lists dead letters, the oldest first. */
  async list(contract: ContractClass, query: DeadLetterQuery = {}): Promise<readonly DeadLetter[]> {
    const { after, limit = PAGE } = query;
    return this.#admin.list(this.#stream(contract), this.#group(query), { after, limit });
  }

  /** Shows a dead letter and what its event says; `undefined` when there is none of this id. */
  async show(contract: ContractClass, id: string, of: DeadLetterGroup = {}): Promise<ShownDeadLetter | undefined> {
    const found = await this.#admin.show(this.#stream(contract), this.#group(of), id);
    return found && { letter: found.letter, ...this.#shown(this.#connection.contract(contract), found.event) };
  }

  /**
   * Hands events to their group again, all of the group's for `all`; returns how many. Doing it twice does no harm. Of a
   * parked key all dead letters go together, in their order.
   */
  redrive(contract: ContractClass, ids: readonly string[] | 'all', of: DeadLetterGroup = {}): Promise<number> {
    const group = this.#group(of);
    return this.#each(contract, ids, group, (stream, some) => this.#admin.redrive(stream, group, some));
  }

  /** Forgets dead letters; their events stay in the stream. Returns how many there were. */
  remove(contract: ContractClass, ids: readonly string[] | 'all', of: DeadLetterGroup = {}): Promise<number> {
    const group = this.#group(of);
    return this.#each(contract, ids, group, (stream, some) => this.#admin.remove(stream, group, some));
  }

  async #each(
    contract: ContractClass,
    ids: readonly string[] | 'all',
    group: string,
    work: (stream: Stream, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const stream = this.#stream(contract);
    if (ids !== 'all') return work(stream, ids);
    let count = 0;
    let after: string | undefined;
    // Page by page behind the last one seen: what dies again meanwhile is not taken twice.
    for (;;) {
      const page = await this.#admin.list(stream, group, { after, limit: PAGE });
      const last = page.at(-1);
      if (!last) return count;
      after = last.id;
      count += await work(
        stream,
        page.map(({ id }) => id),
      );
    }
  }

  get #admin() {
    return this.#connection.channel.admin.deadLetters;
  }

  #stream(contract: ContractClass): Stream {
    return streamOf(this.#connection.contract(contract), this.#connection.options.environment);
  }

  #group({ group = this.#connection.options.group }: DeadLetterGroup): string {
    if (group !== undefined) return group;
    throw new BackboneError('EB_OPTIONS', 'DeadLetters: name a `group`, the connection has no group of its own');
  }

  #shown(contract: ContractDefinition, event: ReadEvent | undefined): Omit<ShownDeadLetter, 'letter'> {
    const message = event?.message;
    if (!message) return {};
    const definition = eventOfType(contract, message.type);
    const metadata = metadataOf(message);
    if (!definition || event.malformed) return { metadata };
    try {
      const values = decodeArguments(definition, message, this.#connection.options.codec ?? jsonCodec);
      const args = Object.fromEntries(definition.arguments.map(({ field }, i) => [field, values[i]]));
      return { metadata, args };
    } catch {
      // What makes it unreadable stands in the letter.
      return { metadata };
    }
  }
}

/** What travelled with an event besides its arguments. */
function metadataOf(message: Message): EventMetadata {
  const { id, source, type, time, key, correlationId, causationId, traceparent, tracestate } = message;
  const { contentType, headers } = message;
  return { id, source, type, time, key, correlationId, causationId, traceparent, tracestate, contentType, headers };
}
