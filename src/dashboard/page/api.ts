import type {
  ActionRequest,
  ActionResult,
  DeadLetterDetail,
  DeadLetterPage,
  EventChain,
  EventPage,
  EventView,
  Failure,
  ProjectionView,
  Session,
  StreamDetail,
  StreamSummary,
} from '../dashboard-api.js';

/** Why a request of the page failed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
  }

  /** The server behind the application, or the application itself, does not answer for now: worth another try. */
  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const REQUEST_TIMEOUT_MS = 30_000;

type Query = Readonly<Record<string, string | number | undefined>>;

/** Asks the dashboard's server; every method rejects with an {@link ApiError}. */
export class Api {
  readonly #base: URL;

  constructor(base: URL) {
    this.#base = base;
  }

  session(signal?: AbortSignal): Promise<Session> {
    return this.#get(['session'], {}, signal);
  }

  streams(signal?: AbortSignal): Promise<readonly StreamSummary[]> {
    return this.#get(['streams'], {}, signal);
  }

  stream(stream: string, signal?: AbortSignal): Promise<StreamDetail> {
    return this.#get(['streams', stream], {}, signal);
  }

  events(stream: string, query: Query, signal?: AbortSignal): Promise<EventPage> {
    return this.#get(['streams', stream, 'events'], query, signal);
  }

  event(stream: string, position: string, signal?: AbortSignal): Promise<EventView> {
    return this.#get(['streams', stream, 'events', position], {}, signal);
  }

  chain(stream: string, position: string, signal?: AbortSignal): Promise<EventChain> {
    return this.#get(['streams', stream, 'events', position, 'chain'], {}, signal);
  }

  deadLetters(stream: string, group: string, query: Query, signal?: AbortSignal): Promise<DeadLetterPage> {
    return this.#get([...letters(stream, group)], query, signal);
  }

  deadLetter(stream: string, group: string, id: string, signal?: AbortSignal): Promise<DeadLetterDetail> {
    return this.#get([...letters(stream, group), id], {}, signal);
  }

  projections(signal?: AbortSignal): Promise<readonly ProjectionView[]> {
    return this.#get(['projections'], {}, signal);
  }

  act(action: Action, stream: string, group: string, ids: readonly string[]): Promise<ActionResult> {
    const request: ActionRequest = { ids, confirmed: ids.length };
    return this.#ask(this.#url([...letters(stream, group), action]), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-event-backbone-action': action },
      body: JSON.stringify(request),
    });
  }

  /** Where the live feed is; with the stream that is open, and those on the screen, which are looked at more often. */
  liveUrl(stream: string | undefined, visible: readonly string[]): URL {
    return this.#url(['live'], { stream, visible: visible.length > 0 ? visible.join(',') : undefined });
  }

  #get<T>(path: readonly string[], query: Query, signal?: AbortSignal): Promise<T> {
    return this.#ask(this.#url(path, query), { headers: { accept: 'application/json' } }, signal);
  }

  #url(path: readonly string[], query: Query = {}): URL {
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, `${value}`);
    return url;
  }

  async #ask<T>(url: URL, init: RequestInit, signal?: AbortSignal): Promise<T> {
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, REQUEST_TIMEOUT_MS);
    signal?.addEventListener('abort', end);
    try {
      const response = await fetch(url, { ...init, credentials: 'same-origin', signal: ending.signal });
      if (!response.ok) throw await refusalOf(response);
      return (await response.json()) as T;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError('the application does not answer', 0, 'away');
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }
}

/** What can be done to dead letters. */
export type Action = 'redrive' | 'remove';

function letters(stream: string, group: string): readonly string[] {
  return ['streams', stream, 'groups', group, 'dead-letters'];
}

async function refusalOf(response: Response): Promise<ApiError> {
  const said = (await response.json().catch(() => ({}))) as Partial<Failure>;
  const message = typeof said.message === 'string' ? said.message : `the answer was ${response.status}`;
  return new ApiError(message, response.status, typeof said.code === 'string' ? said.code : `${response.status}`);
}
