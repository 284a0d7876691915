import { useDashboard } from '../dashboard-state.js';
import { LoadNotice, Notice } from '../parts/notice.js';
import { count } from '../quantities.js';
import { useLoad } from '../use-load.js';
import { oneLine } from '../visible-text.js';
import { DeadLetterList } from './dead-letter-list.js';
import { DeadLetterPanel } from './dead-letter-panel.js';
import { StreamPicker } from './stream-picker.js';

/** What the groups have set aside: choose a stream and a group, look, and hand out again. */
export function DeadLettersView() {
  const state = useDashboard();
  const { stream, item, query } = state.route.value;
  const streams = state.streams.value;
  const shown = stream ?? [...(streams?.values() ?? [])].find(({ deadLetters }) => deadLetters > 0)?.stream;
  if (!streams) return <LoadNotice what="dead letters" of={NOT_YET} />;
  if (!shown) return <Notice title="There are no dead letters">Every event was handled, or is still to be.</Notice>;
  return (
    <Letters
      key={shown}
      stream={shown}
      group={stream ? item : undefined}
      letter={stream ? query['letter'] : undefined}
    />
  );
}

const NOT_YET = { value: undefined, failure: undefined, isLoading: true, reload: () => undefined };

function Letters(props: { stream: string; group: string | undefined; letter: string | undefined }) {
  const { stream, letter } = props;
  const state = useDashboard();
  const loaded = useLoad(stream, (signal) => state.api.stream(stream, signal));
  const live = state.detail.value;
  const groups = (live?.stream === stream ? live : loaded.value)?.groupStates;
  const group = props.group ?? (groups?.find(({ deadLetters }) => deadLetters > 0) ?? groups?.[0])?.group;
  return (
    <>
      <div class="toolbar">
        <StreamPicker
          picked={stream}
          only={({ deadLetters }) => deadLetters > 0}
          onPick={(picked) => state.go({ view: 'dead-letters', stream: picked })}
        />
        {groups && (
          <label class="field">
            <span>Group</span>
            <select
              value={group ?? ''}
              onChange={(event) => state.go({ view: 'dead-letters', stream, item: event.currentTarget.value })}
            >
              {groups.map(({ group: name, deadLetters }) => (
                <option key={name} value={name}>
                  {oneLine(name, 60)} ({count(deadLetters)})
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {!groups && <LoadNotice of={loaded} what="dead letters" />}
      {groups && group === undefined && <Notice title="No group reads this stream" />}
      {group !== undefined && (
        <div class={letter ? 'beside' : undefined}>
          <DeadLetterList key={group} stream={stream} group={group} open={letter} />
          {letter && <DeadLetterPanel key={letter} stream={stream} group={group} id={letter} />}
        </div>
      )}
    </>
  );
}
