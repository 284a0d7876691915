import type { StreamSummary } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { arranged } from '../stream-order.js';
import { oneLine } from '../visible-text.js';

interface Props {
  readonly picked: string | undefined;
  readonly onPick: (stream: string) => void;
  /** Which streams are of interest; all when absent. */
  readonly only?: (stream: StreamSummary) => boolean;
}

/** Lets one of the streams be chosen by its name. */
export function StreamPicker({ picked, onPick, only = () => true }: Props) {
  const { streams } = useDashboard();
  const all = arranged(streams.value?.values() ?? [], '', undefined);
  const offered = all.filter((stream) => only(stream) || stream.stream === picked);
  const isTwice = new Set(all.map(({ contract }) => contract)).size < all.length;
  return (
    <label class="field">
      <span>Stream</span>
      <select value={picked ?? ''} onChange={(event) => onPick(event.currentTarget.value)}>
        {!offered.some(({ stream }) => stream === picked) && <option value={picked ?? ''}>choose a stream</option>}
        {offered.map(({ stream, contract, environment, connection }) => (
          <option key={stream} value={stream}>
            {oneLine(contract, 60)}
            {isTwice ? ` (${oneLine(connection, 30)}, ${oneLine(environment, 30)})` : ''}
          </option>
        ))}
      </select>
    </label>
  );
}
