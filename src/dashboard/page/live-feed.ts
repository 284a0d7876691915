import { signal, type ReadonlySignal } from '@preact/signals';

/** What hears the events of a {@link LiveFeed}, by the event's name. */
export type Hearers = Readonly<Record<string, (data: unknown) => void>>;

/** How the feed stands: since when there has been no connection, or that there is one. */
export interface FeedState {
  readonly isUp: boolean;
  /** When it was lost, or first asked for. */
  readonly since: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** Keeps a stream of server-sent events open, whatever happens to the connection. */
export class LiveFeed {
  readonly #state = signal<FeedState>({ isUp: false, since: Date.now() });
  readonly #hearers: Hearers;
  readonly #onBack: () => void;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #url: string | undefined;
  #waitMs = FIRST_WAIT_MS;
  #isLost = false;

  /** `onBack` is called when a lost connection is there again: what was said in between was not heard. */
  constructor(hearers: Hearers, onBack: () => void) {
    this.#hearers = hearers;
    this.#onBack = onBack;
  }

  get state(): ReadonlySignal<FeedState> {
    return this.#state;
  }

  /** Listens to this address from now on. */
  open(url: URL): void {
    if (url.href === this.#url) return;
    this.#url = url.href;
    this.#waitMs = FIRST_WAIT_MS;
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
    this.#url = undefined;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    if (this.#url === undefined) return;
    const source = new EventSource(this.#url);
    this.#source = source;
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#state.value = { isUp: true, since: Date.now() };
      if (this.#isLost) this.#onBack();
      this.#isLost = false;
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      // The browser's own waiting is long, and it gives up for good when a proxy answers with an error.
      source.close();
      this.#isLost = true;
      if (this.#state.value.isUp) this.#state.value = { isUp: false, since: Date.now() };
      this.#timer = setTimeout(() => this.#connect(), this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    };
    for (const [name, hear] of Object.entries(this.#hearers)) {
      source.addEventListener(name, (event: MessageEvent<unknown>) => {
        const data = parsed(event.data);
        if (data !== undefined) hear(data);
      });
    }
  }
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}
