import { useState } from 'preact/hooks';
import type { DeadLetterPage, DeadLetterView } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { ROW } from '../keyboard.js';
import { Moment } from '../parts/moment.js';
import { LoadNotice, Notice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { count } from '../quantities.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';
import { oneLine } from '../visible-text.js';
import { DeadLetterActions } from './dead-letter-actions.js';

const LIMIT = 100;

/** The dead letters of a group, oldest first, a page at a time; selected ones stay selected from page to page. */
export function DeadLetterList({ stream, group, open }: { stream: string; group: string; open: string | undefined }) {
  const { api, canAct, detail } = useDashboard();
  const [afters, setAfters] = useState<readonly string[]>([]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const after = afters.at(-1);
  // What dies or is redriven meanwhile changes the list: look again when the group's number of dead letters changes.
  const live =
    detail.value?.stream === stream ? detail.value.groupStates.find((state) => state.group === group) : undefined;
  const key = `${stream} ${group} ${after ?? ''}`;
  const loaded = useLoad(
    key,
    (signal) => api.deadLetters(stream, group, { after, limit: LIMIT }, signal),
    live?.deadLetters,
  );
  const page = loaded.value;
  const select = (ids: readonly string[], isSelected: boolean) => {
    const next = new Set(selected);
    for (const id of ids)
      if (isSelected) next.add(id);
      else next.delete(id);
    setSelected(next);
  };
  return (
    <section class="events" aria-label="Dead letters" aria-busy={loaded.isLoading}>
      {canAct.value && (
        <DeadLetterActions
          stream={stream}
          group={group}
          selected={selected}
          total={page?.total ?? 0}
          onSelect={(ids) => setSelected(new Set(ids))}
          onDone={() => {
            setSelected(new Set());
            setAfters([]);
            loaded.reload();
          }}
        />
      )}
      {!page && <LoadNotice of={loaded} what="dead letters" />}
      {page && page.letters.length === 0 && afters.length === 0 && <Notice title="This group has no dead letters" />}
      {page && page.letters.length + afters.length > 0 && (
        <>
          <Table
            letters={page.letters}
            {...{ stream, group, open, selected }}
            select={canAct.value ? select : undefined}
          />
          <Paging page={page} afters={afters} show={setAfters} />
        </>
      )}
    </section>
  );
}

function Paging(props: { page: DeadLetterPage; afters: readonly string[]; show: (afters: readonly string[]) => void }) {
  const { page, afters, show } = props;
  const before = afters.length * LIMIT;
  return (
    <div class="paging">
      <button type="button" disabled={afters.length === 0} onClick={() => show(afters.slice(0, -1))}>
        Older
      </button>
      <button
        type="button"
        disabled={page.next === undefined}
        onClick={() => page.next !== undefined && show([...afters, page.next])}
      >
        Newer
      </button>
      <span class="faint" role="status">
        {count(Math.min(before + 1, page.total))} to {count(before + page.letters.length)} of {count(page.total)}
      </span>
    </div>
  );
}

interface TableProps {
  readonly letters: readonly DeadLetterView[];
  readonly stream: string;
  readonly group: string;
  readonly open: string | undefined;
  readonly selected: ReadonlySet<string>;
  /** Absent where nothing can be done to them. */
  readonly select: ((ids: readonly string[], isSelected: boolean) => void) | undefined;
}

function Table({ letters, stream, group, open, selected, select }: TableProps) {
  const areAll = letters.every(({ id }) => selected.has(id));
  return (
    <div class="table-box">
      <table class="rows">
        <caption class="unseen">Dead letters, oldest first</caption>
        <thead>
          <tr>
            {select && (
              <td class="check">
                <input
                  type="checkbox"
                  aria-label="Select all on this page"
                  checked={areAll}
                  onChange={() =>
                    select(
                      letters.map(({ id }) => id),
                      !areAll,
                    )
                  }
                />
              </td>
            )}
            <th scope="col" class="when">
              Set aside
            </th>
            <th scope="col">Kind</th>
            <th scope="col">Type</th>
            <th scope="col">Key</th>
            <th scope="col" class="wide">
              Error
            </th>
            <th scope="col" class="number narrow">
              Attempts
            </th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.id} class={letter.id === open ? 'open' : undefined}>
              {select && (
                <td class="check">
                  <input
                    type="checkbox"
                    aria-label={`Select ${oneLine(letter.id, 60)}`}
                    checked={selected.has(letter.id)}
                    onChange={(event) => select([letter.id], event.currentTarget.checked)}
                  />
                </td>
              )}
              <th scope="row" class="when mono">
                <a href={hashOf({ view: 'dead-letters', stream, item: group, query: { letter: letter.id } })} {...ROW}>
                  <Moment at={letter.time} />
                </a>
              </th>
              <td>
                <span class="chip chip-bad">{oneLine(letter.kind, 30)}</span>
              </td>
              <td>
                <Text value={letter.type} most={50} />
              </td>
              <td>
                <Text value={letter.key} most={50} mono />
              </td>
              <td class="wide">
                <Text value={letter.error} most={160} />
              </td>
              <td class="number narrow">{count(letter.attempts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
