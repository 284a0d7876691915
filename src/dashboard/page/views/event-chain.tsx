import type { EventView } from '../../dashboard-api.js';
import type { Api } from '../api.js';
import { useDashboard } from '../dashboard-state.js';
import { Moment } from '../parts/moment.js';
import { LoadNotice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { duration } from '../quantities.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';

const PAGES = 5;
const LIMIT = 100;

/** What was produced because of the same first event, oldest first, as far as it stands in this stream. */
export function EventChain({ stream, event }: { stream: string; event: EventView }) {
  const { api } = useDashboard();
  const { correlationId, key } = event;
  const loaded = useLoad(`${stream} ${key} ${correlationId}`, (signal) => chainOf(api, stream, event, signal));
  const chain = loaded.value;
  if (!chain) return <LoadNotice of={loaded} what="events" />;
  const begin = chain[0]?.appendedAt ?? event.appendedAt;
  return (
    <section aria-label="Chain">
      <h3>Chain</h3>
      <ol class="chain">
        {chain.map((link) => (
          <li key={link.position} class={link.position === event.position ? 'open' : undefined}>
            <a href={hashOf({ view: 'events', stream, item: link.position, query: { key } })}>
              <Text value={link.type} most={60} />
            </a>
            <span class="faint">
              {link.appendedAt === begin ? <Moment at={begin} /> : `+ ${duration(link.appendedAt - begin)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** An event has its cause's key unless it says otherwise, and a channel finds the events of a key fast. */
async function chainOf(api: Api, stream: string, event: EventView, signal: AbortSignal): Promise<readonly EventView[]> {
  const found: EventView[] = [];
  let before: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const { events, older } = await api.events(stream, { key: event.key, limit: LIMIT, before }, signal);
    found.push(...events.filter(({ correlationId }) => correlationId === event.correlationId));
    before = older;
    if (before === undefined) break;
  }
  if (!found.some(({ position }) => position === event.position)) found.push(event);
  // They came newest first; those of the same millisecond keep their order.
  return found.reverse().sort((a, b) => a.appendedAt - b.appendedAt);
}
