import { computed, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Away, ProjectionView, Session, StreamDetail, StreamSummary } from '../dashboard-api.js';
import { ApiError, type Api } from './api.js';
import { LiveFeed } from './live-feed.js';
import { hashOf, routeOf, type Route } from './route.js';

const RETRY_MS = 2_000;
const SCROLLING_MS = 700;
/** An address holds no more of them. */
const MOST_VISIBLE = 60;

/** What the whole page knows: where it is, who looks, and what the live feed says. */
export class DashboardState {
  readonly route = signal<Route>(routeOf(location.hash));
  readonly session = signal<Session | undefined>(undefined);
  /** Why there is no session. */
  readonly refusal = signal<ApiError | undefined>(undefined);
  readonly streams = signal<ReadonlyMap<string, StreamSummary> | undefined>(undefined);
  /** The stream that is looked at, once the feed has told about it. */
  readonly detail = signal<StreamDetail | undefined>(undefined);
  readonly projections = signal<readonly ProjectionView[] | undefined>(undefined);
  readonly away = signal<readonly Away[]>([]);
  /** The time, to the second. */
  readonly now = signal(Date.now());
  readonly canAct = computed(() => this.session.value?.actions === true);
  readonly feed: LiveFeed;
  #visible: readonly string[] = [];
  #listening: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly api: Api) {
    this.feed = new LiveFeed(
      {
        streams: (data) => this.#merge(data as readonly StreamSummary[]),
        stream: (data) => (this.detail.value = data as StreamDetail),
        projections: (data) => (this.projections.value = data as readonly ProjectionView[]),
        away: (data) => (this.away.value = data as readonly Away[]),
      },
      () => void this.#load(),
    );
  }

  /** Begins to listen. */
  start(): void {
    addEventListener('hashchange', () => this.#moved());
    // Times are shown to the second, and a page that no one sees needs none.
    setInterval(() => {
      if (!document.hidden) this.now.value = Date.now();
    }, 1_000);
    this.#moved();
    void this.#load();
  }

  /** Shows something else; `replace` leaves no step to go back to. */
  go(route: Partial<Route> & Pick<Route, 'view'>, { replace = false } = {}): void {
    const hash = hashOf(route);
    if (replace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    this.#moved();
  }

  /** Says which streams are on the screen; whoever scrolls by is not waited for. */
  seeing(streams: readonly string[]): void {
    const seen = streams.slice(0, MOST_VISIBLE);
    if (seen.join() === this.#visible.join()) return;
    this.#visible = seen;
    clearTimeout(this.#listening);
    this.#listening = setTimeout(() => this.#listen(), SCROLLING_MS);
  }

  #listen(): void {
    clearTimeout(this.#listening);
    const { stream } = this.route.value;
    this.feed.open(this.api.liveUrl(stream, stream === undefined ? this.#visible : []));
  }

  #moved(): void {
    const route = routeOf(location.hash);
    this.route.value = route;
    if (this.detail.value?.stream !== route.stream) this.detail.value = undefined;
    this.#listen();
  }

  async #load(): Promise<void> {
    try {
      const [session, streams] = await Promise.all([this.api.session(), this.api.streams()]);
      this.session.value = session;
      this.streams.value = new Map(streams.map((stream) => [stream.stream, stream]));
      this.refusal.value = undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.refusal.value = error;
      if (error.isAway && !this.session.value) setTimeout(() => void this.#load(), RETRY_MS);
    }
  }

  #merge(changed: readonly StreamSummary[]): void {
    const streams = new Map(this.streams.value);
    for (const stream of changed) streams.set(stream.stream, stream);
    this.streams.value = streams;
  }
}

/** Hands the state to all components. */
export const StateContext = createContext<DashboardState | undefined>(undefined);

/** Returns the state of the page. */
export function useDashboard(): DashboardState {
  const state = useContext(StateContext);
  if (!state) throw new Error('a component stands outside of the page');
  return state;
}
