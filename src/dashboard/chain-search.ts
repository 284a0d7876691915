import { deadline, type Channel, type ReadEvent, type Stream } from '../core/index.js';
import { StreamHistory } from '../history/stream-history.js';
import type { ChainLink, EventChain } from './dashboard-api.js';
import { positionText } from './event-view.js';

/** A stream that is looked through. */
export interface SearchedStream {
  /** What it is called in paths. */
  readonly id: string;
  readonly channel: Channel;
  readonly stream: Stream;
}

/** The answer comes after this time, with what was found by then. */
const SEARCH_MS = 3_000;
const STREAMS_AT_ONCE = 8;
/** So many events of each stream are looked at, whatever their keys, and so many more of the key that the event has. */
const MOST_OF_A_STREAM = 20_000;
const MOST_OF_A_KEY = 2_000;
const MOST_LINKS = 500;
/** Servers of several connections have several clocks. */
const CLOCK_TOLERANCE_MS = 1_000;
/** Where to begin when the first event of a chain cannot be found. */
const BEFORE_MS = 60_000;

/** Looks for the events of one chain in several streams, for a limited time, from the chain's first event on. */
export class ChainSearch {
  readonly #correlationId: string;
  readonly #streams: readonly SearchedStream[];
  readonly #links = new Map<string, ChainLink>();
  #isOver = false;
  #isIncomplete = false;

  constructor(correlationId: string, streams: readonly SearchedStream[]) {
    this.#correlationId = correlationId;
    this.#streams = streams;
  }

  /**
   * Returns what was found of the chain of an event of the first stream. Never rejects: what cannot be read makes the answer
   * incomplete.
   */
  async of(event: ReadEvent): Promise<EventChain> {
    const [own] = this.#streams;
    if (own) this.#add(own, [event]);
    const { over, cancel } = deadline(SEARCH_MS);
    await Promise.race([this.#search(event), over.then(() => this.#end())]);
    cancel();
    this.#isOver = true;
    return { events: [...this.#links.values()].toSorted(oldestFirst), incomplete: this.#isIncomplete };
  }

  async #search({ appendedAt, message }: ReadEvent): Promise<void> {
    const first = await this.#first();
    const fromMs = Math.max(0, (first?.appendedAt ?? appendedAt - BEFORE_MS) - CLOCK_TOLERANCE_MS);
    await this.#each(async (searched) => {
      // Later events of the key are found where a channel goes to them at once, however many others lie between.
      if (searched.channel.supports.readByKey) {
        await this.#look(searched, { key: message?.key }, fromMs, MOST_OF_A_KEY);
      }
      await this.#look(searched, {}, fromMs, MOST_OF_A_STREAM);
    });
  }

  /** The id of the first event is what the others refer to. */
  async #first(): Promise<ChainLink | undefined> {
    const found = () => [...this.#links.values()].find(({ id }) => id === this.#correlationId);
    await this.#each(async (searched) => {
      const { channel, stream } = searched;
      if (found() || !channel.supports.readById) return;
      const event = await new StreamHistory(channel, stream).withId(this.#correlationId);
      if (event) this.#add(searched, [event]);
    });
    return found();
  }

  async #look(searched: SearchedStream, wanted: { key?: string }, fromMs: number, most: number): Promise<void> {
    const { channel, stream } = searched;
    const range = { after: [], fromMs };
    let looked = 0;
    for await (const events of new StreamHistory(channel, stream).read({ ...wanted, fields: [] }, range)) {
      if (this.#isOver) return;
      this.#add(searched, events);
      looked += events.length;
      if (looked >= most || this.#links.size >= MOST_LINKS) {
        this.#isIncomplete = true;
        return;
      }
    }
  }

  #add({ id: stream }: SearchedStream, events: readonly ReadEvent[]): void {
    for (const { position: at, appendedAt, message } of events) {
      if (message?.correlationId !== this.#correlationId) continue;
      const { id, type, key, causationId } = message;
      const position = positionText(at);
      const link = { stream, position, appendedAt, id, type, key, ...(causationId !== undefined && { causationId }) };
      this.#links.set(`${stream} ${position}`, link);
    }
  }

  async #each(look: (searched: SearchedStream) => Promise<void>): Promise<void> {
    const left = this.#streams.values();
    const lookAtSome = async () => {
      for (const searched of left) {
        if (this.#isOver) return;
        try {
          await look(searched);
        } catch {
          this.#isIncomplete = true;
        }
      }
    };
    await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, lookAtSome));
  }

  #end(): void {
    this.#isOver = true;
    this.#isIncomplete = true;
  }
}

/** A cause before what it has caused in the same millisecond. */
function oldestFirst(a: ChainLink, b: ChainLink): number {
  return a.appendedAt - b.appendedAt || Number(a.causationId === b.id) - Number(b.causationId === a.id);
}
