import { useId } from 'preact/hooks';
import type { ConsumerView, GroupView } from '../../dashboard-api.js';
import { Plot } from '../parts/plot.js';
import { Text } from '../parts/text.js';
import { count, duration } from '../quantities.js';
import { hashOf } from '../route.js';
import { ROW } from '../keyboard.js';

/** How one group stands and stood, and who consumes. */
export function GroupCard({ stream, group: view }: { stream: string; group: GroupView }) {
  const { group, lag, pending, history, consumers, isPaused } = view;
  const id = useId();
  return (
    <section class="card" aria-labelledby={id} data-group={group}>
      <header class="card-head">
        <h3 id={id}>
          <Text value={group} />
        </h3>
        {isPaused && <span class="chip chip-late">paused here</span>}
      </header>
      <Numbers stream={stream} view={view} />
      {history.length > 1 && (
        <Plot
          label={`Lag of ${group} over time: ${count(lag)} events now, ${count(pending)} pending`}
          at={history.map(({ at }) => at)}
          lines={[
            { label: 'lag', values: history.map((point) => point.lag), isMain: true },
            { label: 'pending', values: history.map((point) => point.pending), isMain: false },
          ]}
        />
      )}
      <Consumers consumers={consumers} />
    </section>
  );
}

function Numbers({ stream, view }: { stream: string; view: GroupView }) {
  const { group, lag, lagMs, pending, oldestPendingMs, retrying, deadLetters, parkedKeys } = view;
  return (
    <dl class="figures">
      <Figure title="Lag" value={count(lag)} kind={lag ? 'late' : undefined} more={lag ? duration(lagMs) : undefined} />
      <Figure title="Pending" value={count(pending)} more={pending > 0 ? duration(oldestPendingMs) : undefined} />
      <Figure title="Retrying" value={count(retrying)} />
      <Figure title="Parked keys" value={count(parkedKeys)} kind={parkedKeys > 0 ? 'late' : undefined} />
      <div>
        <dt>Dead letters</dt>
        <dd>
          {deadLetters > 0 ? (
            <a class="bad" href={hashOf({ view: 'dead-letters', stream, item: group })} {...ROW}>
              {count(deadLetters)}
              <span class="unseen"> of group {group}</span>
            </a>
          ) : (
            '0'
          )}
        </dd>
      </div>
    </dl>
  );
}

function Figure(props: { title: string; value: string; kind?: string | undefined; more?: string | undefined }) {
  const { title, value, kind, more } = props;
  const shown = more === undefined || more === '–' ? '' : ` · ${more}`;
  return (
    <div>
      <dt>{title}</dt>
      <dd class={kind}>
        {value}
        <span class="faint">{shown}</span>
      </dd>
    </div>
  );
}

function Consumers({ consumers }: { consumers: readonly ConsumerView[] }) {
  if (consumers.length === 0) return <p class="faint card-foot">No consumer is connected.</p>;
  return (
    <div class="table-box card-foot">
      <table>
        <caption class="unseen">Consumers</caption>
        <thead>
          <tr>
            <th scope="col">Consumer</th>
            <th scope="col" class="number">
              Pending
            </th>
            <th scope="col" class="number">
              Idle
            </th>
            <th scope="col">Leases</th>
          </tr>
        </thead>
        <tbody>
          {consumers.map(({ name, isHere, pending, idleMs, partitions }) => (
            <tr key={name}>
              <th scope="row">
                <Text value={name} mono /> {isHere && <span class="chip">this process</span>}
              </th>
              <td class="number">{count(pending)}</td>
              <td class="number">{duration(idleMs)}</td>
              <td>
                {partitions === null ? '–' : partitions.length === 0 ? 'none' : `partition ${partitions.join(', ')}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
