import type { ChainLink } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { Moment } from '../parts/moment.js';
import { LoadNotice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { duration } from '../quantities.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';

/** What was produced because of the same first event, oldest first, in whatever stream of the dashboard it stands. */
export function EventChain({ stream, position }: { stream: string; position: string }) {
  const { api } = useDashboard();
  const loaded = useLoad(`${stream} ${position}`, (signal) => api.chain(stream, position, signal));
  const chain = loaded.value;
  if (!chain) return <LoadNotice of={loaded} what="events" />;
  const begin = chain.events[0]?.appendedAt ?? 0;
  const isOpen = (link: ChainLink) => link.stream === stream && link.position === position;
  return (
    <section aria-label="Chain">
      <h3>Chain</h3>
      <ol class="chain">
        {chain.events.map((link) => (
          <li key={`${link.stream} ${link.position}`} class={isOpen(link) ? 'open' : undefined}>
            <span>
              <a href={hashOf({ view: 'events', stream: link.stream, item: link.position, query: { key: link.key } })}>
                <Text value={link.type} most={60} />
              </a>
              {link.stream !== stream && <Elsewhere stream={link.stream} />}
            </span>
            <span class="faint">
              {link.appendedAt === begin ? <Moment at={begin} /> : `+ ${duration(link.appendedAt - begin)}`}
            </span>
          </li>
        ))}
      </ol>
      {chain.incomplete && (
        <p class="late" role="status">
          Not every stream could be looked through to its end; there may be more.
        </p>
      )}
    </section>
  );
}

function Elsewhere({ stream }: { stream: string }) {
  const { streams } = useDashboard();
  return (
    <span class="faint elsewhere">
      <Text value={streams.value?.get(stream)?.contract ?? stream} most={60} />
    </span>
  );
}
