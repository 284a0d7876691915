import { useState } from 'preact/hooks';
import type { EventView } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { Icon } from '../parts/icon.js';
import { LoadNotice } from '../parts/notice.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';
import { oneLine } from '../visible-text.js';
import { EventChain } from './event-chain.js';
import { EventFacts } from './event-facts.js';

/** One event beside the list, with whole values. */
export function EventPanel({ stream, position }: { stream: string; position: string }) {
  const state = useDashboard();
  const loaded = useLoad(`${stream} ${position}`, (signal) => state.api.event(stream, position, signal));
  const event = loaded.value;
  const { query } = state.route.value;
  return (
    <aside class="panel" aria-label="Event">
      <header class="panel-head">
        <h2>{event ? oneLine(event.type || 'no event', 60) : 'Event'}</h2>
        <a class="button quiet" aria-label="Close" href={hashOf({ view: 'events', stream, query })}>
          <Icon name="close" />
        </a>
      </header>
      {event ? (
        <>
          <EventFacts stream={stream} event={event} />
          {event.malformed === undefined && <Chain stream={stream} event={event} />}
        </>
      ) : (
        <LoadNotice of={loaded} what="events" />
      )}
    </aside>
  );
}

function Chain({ stream, event }: { stream: string; event: EventView }) {
  const [isShown, setShown] = useState(false);
  if (isShown) return <EventChain stream={stream} position={event.position} />;
  return (
    <button type="button" onClick={() => setShown(true)}>
      Show its chain
    </button>
  );
}
