import type { StreamDetail } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { ROW } from '../keyboard.js';
import { LoadNotice, Notice } from '../parts/notice.js';
import { Sparkline } from '../parts/sparkline.js';
import { Text } from '../parts/text.js';
import { Tiles } from '../parts/tiles.js';
import { ago, bytes, count, perSecond } from '../quantities.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';
import { GroupCard } from './group-card.js';

/** One stream: how large it is, how fast it grows, and how its groups stand. */
export function StreamView({ id }: { id: string }) {
  const { api, detail } = useDashboard();
  const loaded = useLoad(id, (signal) => api.stream(id, signal));
  const live = detail.value;
  const stream = live?.stream === id ? live : loaded.value;
  if (!stream) {
    return (
      <>
        <h1 class="unseen">Stream</h1>
        <LoadNotice of={loaded} what="streams" />
      </>
    );
  }
  return (
    <>
      <Head stream={stream} />
      <Numbers stream={stream} />
      <section class="card" aria-label="Rate">
        <header class="card-head">
          <h2>Appended per second</h2>
          <span class="faint">
            {perSecond(stream.rate)} now, at most {perSecond(Math.max(0, ...stream.rates))}
          </span>
        </header>
        <div class="rate-plot">
          <Sparkline values={stream.rates} width={600} height={72} />
        </div>
      </section>
      <h2 class="section">Groups</h2>
      {stream.groupStates.length === 0 && (
        <Notice title="No group reads this stream">One is here as soon as a handler of it has started.</Notice>
      )}
      {stream.groupStates.map((group) => (
        <GroupCard key={group.group} stream={id} group={group} />
      ))}
    </>
  );
}

function Head({ stream: { stream, contract, environment, connection, channel, types } }: { stream: StreamDetail }) {
  return (
    <header class="head">
      <div>
        <h1>
          <Text value={contract} />
        </h1>
        <p class="faint">
          <span class="chip">{channel}</span> connection <Text value={connection} />, environment{' '}
          <Text value={environment} />
          {types.length > 0 && (
            <>
              , types:{' '}
              {types.map((type, i) => (
                <span key={type}>
                  {i > 0 && ', '}
                  <a href={hashOf({ view: 'events', stream, query: { type } })}>
                    <Text value={type} />
                  </a>
                </span>
              ))}
            </>
          )}
        </p>
      </div>
      <a class="button" href={hashOf({ view: 'events', stream })} {...ROW}>
        Browse events
      </a>
    </header>
  );
}

function Numbers({ stream: { events, bytes: size, rate, lastAt, lag, deadLetters } }: { stream: StreamDetail }) {
  const { now } = useDashboard();
  return (
    <Tiles
      tiles={[
        { title: 'Events', value: count(events) },
        ...(size === null ? [] : [{ title: 'Size', value: bytes(size) }]),
        { title: 'Appended', value: perSecond(rate) },
        { title: 'Last event', value: lastAt === null ? '–' : ago(Math.max(0, now.value - lastAt)) },
        { title: 'Largest lag', value: count(lag), kind: lag ? 'late' : undefined },
        { title: 'Dead letters', value: count(deadLetters), kind: deadLetters > 0 ? 'bad' : undefined },
      ]}
    />
  );
}
