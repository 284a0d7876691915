import { useDashboard } from '../dashboard-state.js';
import { ago, isoMoment, moment, NONE } from '../quantities.js';

/** Shows when something was, to the millisecond. */
export function Moment({ at }: { at: number }) {
  return <time dateTime={isoMoment(at)}>{moment(at)}</time>;
}

/** Shows how long ago something was, and keeps saying so. */
export function Ago({ at }: { at: number | null }) {
  const { now } = useDashboard();
  if (at === null) return <span class="faint">{NONE}</span>;
  return (
    <time dateTime={isoMoment(at)} title={moment(at)}>
      {ago(Math.max(0, now.value - at))}
    </time>
  );
}
