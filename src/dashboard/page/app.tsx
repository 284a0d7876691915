import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { colourScheme, nextColourScheme } from './colour-scheme.js';
import { StateContext, useDashboard, type DashboardState } from './dashboard-state.js';
import { KEYS, listenToKeys } from './keyboard.js';
import { AwayBanner } from './parts/away-banner.js';
import { Dialog } from './parts/dialog.js';
import { Icon } from './parts/icon.js';
import { Failed } from './parts/notice.js';
import { count } from './quantities.js';
import { hashOf, VIEWS, type View } from './route.js';
import { DeadLettersView } from './views/dead-letters-view.js';
import { EventsView } from './views/events-view.js';
import { ProjectionsView } from './views/projections-view.js';
import { StreamView } from './views/stream-view.js';
import { StreamsView } from './views/streams-view.js';
import { oneLine } from './visible-text.js';

const TITLES: Readonly<Record<View, string>> = {
  streams: 'Streams',
  events: 'Events',
  'dead-letters': 'Dead letters',
  projections: 'Projections',
};

const isHelpOpen = signal(false);

/** The whole page. */
export function App({ state }: { state: DashboardState }) {
  useEffect(() => listenToKeys(state, () => (isHelpOpen.value = true)), [state]);
  return (
    <StateContext.Provider value={state}>
      <Header />
      <AwayBanner />
      <Content />
      {isHelpOpen.value && <Help />}
    </StateContext.Provider>
  );
}

function Header() {
  const { route, session, feed, streams } = useDashboard();
  const { view, stream } = route.value;
  const dead = [...(streams.value?.values() ?? [])].reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  return (
    <header class="top">
      <p class="brand">Event backbone</p>
      <nav aria-label="Views">
        {VIEWS.map((name) => (
          <a
            key={name}
            href={hashOf({ view: name, stream: name === 'events' && view === 'streams' ? stream : undefined })}
            aria-current={name === view ? 'page' : undefined}
          >
            {TITLES[name]}
            {name === 'dead-letters' && dead > 0 && <span class="badge">{count(dead)}</span>}
          </a>
        ))}
      </nav>
      <div class="top-end">
        {session.value && !session.value.actions && <span class="chip">read-only</span>}
        {session.value?.personal && <span class="chip chip-lock">personal data is shown</span>}
        <span class={feed.state.value.isUp ? 'link-state up' : 'link-state'}>
          {feed.state.value.isUp ? 'live' : 'connecting'}
        </span>
        <button type="button" class="quiet" onClick={nextColourScheme} title="Colours (t)">
          <Icon name="colours" /> {colourScheme.value}
        </button>
        <button type="button" class="quiet" onClick={() => (isHelpOpen.value = true)} title="Keys (?)">
          <Icon name="keys" /> keys
        </button>
      </div>
    </header>
  );
}

function Content() {
  const { route, streams, session, refusal } = useDashboard();
  const { view, stream } = route.value;
  const name = stream === undefined ? undefined : (streams.value?.get(stream)?.contract ?? stream);
  const title = name === undefined ? TITLES[view] : `${oneLine(name, 60)} · ${TITLES[view]}`;
  useEffect(() => void (document.title = `${title} · Event backbone`), [title]);
  const refused = refusal.value;
  if (refused && !refused.isAway && !session.value) {
    return (
      <main>
        <h1 class="unseen">Event backbone</h1>
        <Failed error={refused} what="dashboard" retry={() => location.reload()} />
      </main>
    );
  }
  const hasOwnHeading = view === 'streams' && stream !== undefined;
  return (
    <main>
      {!hasOwnHeading && <h1>{TITLES[view]}</h1>}
      <Shown view={view} stream={stream} />
    </main>
  );
}

function Shown({ view, stream }: { view: View; stream: string | undefined }) {
  switch (view) {
    case 'streams':
      return stream === undefined ? <StreamsView /> : <StreamView key={stream} id={stream} />;
    case 'events':
      return <EventsView />;
    case 'dead-letters':
      return <DeadLettersView />;
    case 'projections':
      return <ProjectionsView />;
  }
}

function Help() {
  const { session } = useDashboard();
  return (
    <Dialog title="Keys" onClose={() => (isHelpOpen.value = false)}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      {session.value && <p class="faint">nest-event-backbone {session.value.version}</p>}
    </Dialog>
  );
}
