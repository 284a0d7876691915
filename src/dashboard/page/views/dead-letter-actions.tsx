import { useState } from 'preact/hooks';
import { ApiError, type Action, type Api } from '../api.js';
import { useDashboard } from '../dashboard-state.js';
import { Dialog } from '../parts/dialog.js';
import { count } from '../quantities.js';
import { oneLine } from '../visible-text.js';

interface Props {
  readonly stream: string;
  readonly group: string;
  readonly selected: ReadonlySet<string>;
  readonly total: number;
  readonly onSelect: (ids: readonly string[]) => void;
  /** Something was done: look again. */
  readonly onDone: () => void;
}

/** In one request, so that none is too large for the server. */
const AT_ONCE = 500;

/** What can be done to the selected dead letters, each after a question. */
export function DeadLetterActions({ stream, group, selected, total, onSelect, onDone }: Props) {
  const { api } = useDashboard();
  const [asked, setAsked] = useState<Action | undefined>(undefined);
  const [said, setSaid] = useState<{ text: string; isBad?: boolean }>({ text: '' });
  const selectAll = async () => {
    setSaid({ text: 'Selecting…' });
    try {
      onSelect(await allIds(api, stream, group));
      setSaid({ text: '' });
    } catch (error) {
      setSaid({ text: reasonOf(error), isBad: true });
    }
  };
  const act = async (action: Action) => {
    setAsked(undefined);
    setSaid({ text: `${DOING[action]} ${count(selected.size)}…` });
    let done = 0;
    try {
      const ids = [...selected];
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        done += (await api.act(action, stream, group, ids.slice(at, at + AT_ONCE))).done;
      }
      const rest = selected.size - done;
      setSaid({ text: `${DONE[action]} ${count(done)}${rest > 0 ? `; ${count(rest)} were gone already` : ''}.` });
    } catch (error) {
      setSaid({ text: `${done > 0 ? `${DONE[action]} ${count(done)}, then: ` : ''}${reasonOf(error)}`, isBad: true });
    }
    onDone();
  };
  const none = selected.size === 0;
  return (
    <div class="actions">
      <button type="button" disabled={none} onClick={() => setAsked('redrive')}>
        Redrive
      </button>
      <button type="button" class="danger" disabled={none} onClick={() => setAsked('remove')}>
        Remove
      </button>
      {selected.size < total && (
        <button type="button" class="quiet" onClick={() => void selectAll()}>
          Select all {count(total)}
        </button>
      )}
      {!none && (
        <button type="button" class="quiet" onClick={() => onSelect([])}>
          Select none
        </button>
      )}
      <span class={said.isBad ? 'bad' : 'faint'} role="status">
        {said.text || (none ? '' : `${count(selected.size)} selected`)}
      </span>
      {asked && (
        <Question
          action={asked}
          group={group}
          letters={selected.size}
          onNo={() => setAsked(undefined)}
          onYes={() => void act(asked)}
        />
      )}
    </div>
  );
}

const DOING = { redrive: 'Redriving', remove: 'Removing' } as const;
const DONE = { redrive: 'Redriven:', remove: 'Removed:' } as const;

function Question(props: { action: Action; group: string; letters: number; onNo: () => void; onYes: () => void }) {
  const { action, group, letters, onNo, onYes } = props;
  const what = `${count(letters)} dead ${letters === 1 ? 'letter' : 'letters'}`;
  const verb = action === 'redrive' ? 'Redrive' : 'Remove';
  return (
    <Dialog title={`${verb} ${what}?`} onClose={onNo}>
      <p>
        {action === 'redrive'
          ? `The events are handed to the group “${oneLine(group, 60)}” again, and its handlers run. Of a parked key all go together.`
          : `The group “${oneLine(group, 60)}” will never handle these events. They stay in the stream.`}
      </p>
      <footer class="dialog-foot">
        <button type="button" onClick={onNo} autofocus>
          Cancel
        </button>
        <button type="button" class={action === 'redrive' ? 'main' : 'danger main'} onClick={onYes}>
          {verb} {what}
        </button>
      </footer>
    </Dialog>
  );
}

async function allIds(api: Api, stream: string, group: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await api.deadLetters(stream, group, { after, limit: AT_ONCE });
    ids.push(...page.letters.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

function reasonOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'It failed.';
}
