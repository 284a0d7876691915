import type { ProjectionView } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { ROW } from '../keyboard.js';
import { LoadNotice, Notice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { count, duration } from '../quantities.js';
import { hashOf } from '../route.js';
import { oneLine } from '../visible-text.js';
import { useLoad } from '../use-load.js';

/** The projections of the application, and how far they are. */
export function ProjectionsView() {
  const { api, projections } = useDashboard();
  const loaded = useLoad('projections', (signal) => api.projections(signal));
  const all = projections.value ?? loaded.value;
  if (!all) return <LoadNotice of={loaded} what="projections" />;
  if (all.length === 0) return <Notice title="This application has no projections" />;
  return (
    <div class="table-box">
      <table class="rows">
        <caption class="unseen">Projections</caption>
        <thead>
          <tr>
            <th scope="col" class="wide">
              Projection
            </th>
            <th scope="col">Stream</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">
              Handled
            </th>
            <th scope="col" class="number">
              Behind
            </th>
            <th scope="col" class="wide">
              Progress
            </th>
          </tr>
        </thead>
        <tbody>
          {all.map((projection) => (
            <Row key={projection.name} projection={projection} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ projection }: { projection: ProjectionView }) {
  const { name, stream, status, handled, lag, lagMs, progress, error } = projection;
  const { streams } = useDashboard();
  const known = streams.value?.get(stream);
  return (
    <tr>
      <th scope="row" class="wide">
        <Text value={name} />
      </th>
      <td>
        {known ? (
          <a href={hashOf({ view: 'streams', stream })} {...ROW}>
            <Text value={known.contract} />
          </a>
        ) : (
          <Text value={stream} />
        )}
      </td>
      <td>
        <span class={error === undefined ? 'chip' : 'chip chip-bad'}>{oneLine(status, 40)}</span>
      </td>
      <td class="number">{count(handled)}</td>
      <td class={lag ? 'number late' : 'number'}>
        {count(lag)}
        {lag && lagMs !== null ? <span class="faint"> · {duration(lagMs)}</span> : null}
      </td>
      <td class="wide">
        {progress !== null && (
          <>
            <progress value={progress} max={1} aria-label={`Progress of ${name}`} /> {Math.floor(progress * 100)} %
          </>
        )}
        {error !== undefined && (
          <span class="bad" title={oneLine(error, 2_000)}>
            {oneLine(error, 160)}
          </span>
        )}
      </td>
    </tr>
  );
}
