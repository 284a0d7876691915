import { useRef } from 'preact/hooks';
import type { EventPage, EventView } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { preview } from '../json-shape.js';
import { ROW } from '../keyboard.js';
import { Moment } from '../parts/moment.js';
import { LoadNotice, Notice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { hashOf } from '../route.js';
import { useLoad, type Loaded } from '../use-load.js';
import { EventPanel } from './event-panel.js';
import { EventFilters, searchOf } from './event-filters.js';
import { StreamPicker } from './stream-picker.js';

const LIMIT = 50;

/** Looks through the events of a stream, newest first, and opens one. */
export function EventsView() {
  const state = useDashboard();
  const { stream, item, query } = state.route.value;
  const pick = (picked: string) => state.go({ view: 'events', stream: picked });
  if (!stream) {
    return (
      <>
        <div class="toolbar">
          <StreamPicker picked={undefined} onPick={pick} />
        </div>
        <Notice title="Choose a stream to look through its events" />
      </>
    );
  }
  return (
    <>
      <EventFilters key={stream} stream={stream} query={query} onPick={pick} />
      <div class={item ? 'beside' : undefined}>
        <EventList key={stream} stream={stream} query={query} open={item} />
        {item && <EventPanel key={item} stream={stream} position={item} />}
      </div>
    </>
  );
}

type Query = Readonly<Record<string, string>>;

function EventList({ stream, query, open }: { stream: string; query: Query; open: string | undefined }) {
  const { api } = useDashboard();
  const search = { ...searchOf(query), limit: LIMIT };
  const loaded = useLoad(JSON.stringify([stream, search]), (signal) => api.events(stream, search, signal));
  // The way back: what was `before` on the pages in between. A page opened by its address knows none.
  const newer = useRef<string[]>([]);
  const page = loaded.value;
  if (!page) return <LoadNotice of={loaded} what="events" />;
  return (
    <section class="events" aria-label="Events" aria-busy={loaded.isLoading}>
      {page.events.length === 0 ? (
        <Nothing page={page} />
      ) : (
        <EventTable page={page} stream={stream} query={query} open={open} />
      )}
      <Paging stream={stream} query={query} loaded={loaded} page={page} newer={newer.current} />
    </section>
  );
}

function EventTable(props: { page: EventPage; stream: string; query: Query; open: string | undefined }) {
  const { page, stream, query, open } = props;
  return (
    <div class="table-box">
      <table class="rows">
        <caption class="unseen">Events, newest first</caption>
        <thead>
          <tr>
            <th scope="col" class="when">
              Stored
            </th>
            <th scope="col">Type</th>
            <th scope="col">Key</th>
            <th scope="col" class="wide">
              Arguments
            </th>
          </tr>
        </thead>
        <tbody>
          {page.events.map((event) => (
            <tr key={event.position} class={event.position === open ? 'open' : undefined}>
              <th scope="row" class="when mono">
                <a
                  href={hashOf({ view: 'events', stream, item: event.position, query })}
                  aria-current={event.position === open ? 'true' : undefined}
                  {...ROW}
                >
                  <Moment at={event.appendedAt} />
                </a>
              </th>
              <Cells event={event} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells({ event }: { event: EventView }) {
  if (event.malformed !== undefined) {
    return (
      <td colSpan={3}>
        <span class="chip chip-bad">no event</span> <Text value={event.malformed} />
      </td>
    );
  }
  return (
    <>
      <td>
        <Text value={event.type} most={60} />
      </td>
      <td>
        <Text value={event.key} most={60} mono />
      </td>
      <td class="wide mono faint">{preview(event.arguments, 140)}</td>
    </>
  );
}

function Paging(props: { stream: string; query: Query; loaded: Loaded<EventPage>; page: EventPage; newer: string[] }) {
  const { stream, query, loaded, page, newer } = props;
  const state = useDashboard();
  const { before = '', ...rest } = query;
  const show = (to: string) => state.go({ view: 'events', stream, query: to === '' ? rest : { ...rest, before: to } });
  const seenTo = page.events[0]?.appendedAt ?? 0;
  const last = state.streams.value?.get(stream)?.lastAt ?? 0;
  const isBehind = before === '' && Object.keys(rest).length === 0 && last > seenTo;
  return (
    <div class="paging">
      {before === '' ? (
        <button type="button" onClick={loaded.reload}>
          {isBehind ? 'Show newer events' : 'Look again'}
        </button>
      ) : (
        <>
          <button type="button" onClick={() => show('')}>
            Newest
          </button>
          <button type="button" onClick={() => show(newer.pop() ?? '')}>
            Newer
          </button>
        </>
      )}
      <button
        type="button"
        disabled={page.older === undefined}
        onClick={() => {
          newer.push(before);
          show(page.older ?? '');
        }}
      >
        Older
      </button>
      {page.incomplete && (
        <span class="late" role="status">
          The search took too long and stopped; “Older” goes on from there.
        </span>
      )}
    </div>
  );
}

function Nothing({ page }: { page: EventPage }) {
  if (page.incomplete) return <Notice title="Nothing found so far">The search goes on with “Older”.</Notice>;
  return <Notice title="There are no such events" />;
}
