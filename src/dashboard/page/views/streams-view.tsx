import { useEffect } from 'preact/hooks';
import type { StreamSummary } from '../../dashboard-api.js';
import { useDashboard } from '../dashboard-state.js';
import { ROW, SEARCH } from '../keyboard.js';
import { Ago } from '../parts/moment.js';
import { Failed, LoadNotice, Notice } from '../parts/notice.js';
import { useRowWindow } from '../parts/row-window.js';
import { Sparkline } from '../parts/sparkline.js';
import { Text } from '../parts/text.js';
import { Tiles } from '../parts/tiles.js';
import { bytes, count, perSecond } from '../quantities.js';
import { hashOf } from '../route.js';
import { arranged, sortOf, type Sort } from '../stream-order.js';

const ROW_HEIGHT = 36;
const FEW = 20;

const COLUMNS: readonly (readonly [title: string, sort: Sort | undefined, kind: string])[] = [
  ['Stream', 'contract', 'wide'],
  ['Channel', undefined, ''],
  ['Events', 'events', 'number'],
  ['Rate', 'rate', 'number rate'],
  ['Last event', 'lastAt', 'number'],
  ['Groups', undefined, 'number narrow'],
  ['Lag', 'lag', 'number'],
  ['Dead letters', 'deadLetters', 'number'],
];

/** The table of all streams. */
export function StreamsView() {
  const state = useDashboard();
  const { query } = state.route.value;
  const all = state.streams.value;
  const rows = arranged(all?.values() ?? [], query['q'] ?? '', query['sort']);
  const { ref, first, last } = useRowWindow(rows.length, ROW_HEIGHT);
  const shown = rows.slice(first, last);
  // All of a few are looked at often anyway.
  const visible = rows.length > FEW || rows.length < (all?.size ?? 0) ? shown.map(({ stream }) => stream) : [];
  useEffect(() => state.seeing(visible), [visible.join()]);
  if (!all) {
    const failure = state.refusal.value;
    if (failure && !failure.isAway) return <Failed error={failure} what="streams" />;
    return <LoadNotice what="streams" of={{ value: undefined, failure, isLoading: true, reload: () => undefined }} />;
  }
  const search = (q: string) => state.go({ view: 'streams', query: { ...query, q } }, { replace: true });
  return (
    <>
      <Totals streams={[...all.values()]} />
      <div class="toolbar">
        <label class="search">
          <span class="unseen">Search streams</span>
          <input
            type="search"
            placeholder="Search streams  ( / )"
            value={query['q'] ?? ''}
            onInput={(event) => search(event.currentTarget.value)}
            {...SEARCH}
          />
        </label>
        <span class="faint" role="status">
          {rows.length === all.size
            ? `${count(all.size)} ${all.size === 1 ? 'stream' : 'streams'}`
            : `${count(rows.length)} of ${count(all.size)} streams`}
        </span>
      </div>
      {rows.length === 0 ? (
        <Nothing isSearch={all.size > 0} />
      ) : (
        <div class="table-box">
          <table class="rows" aria-rowcount={rows.length + 1}>
            <caption class="unseen">Streams</caption>
            <thead>
              <tr>
                {COLUMNS.map(([title, sort, kind]) => (
                  <Heading key={title} title={title} sort={sort} kind={kind} />
                ))}
              </tr>
            </thead>
            <tbody ref={ref}>
              <Space rows={first} />
              {shown.map((stream, i) => (
                <Row key={stream.stream} stream={stream} index={first + i + 2} />
              ))}
              <Space rows={rows.length - last} />
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** Stands for rows that are not on the screen. */
function Space({ rows }: { rows: number }) {
  return (
    <tr aria-hidden="true">
      <td class="space" colSpan={COLUMNS.length} style={{ height: `${rows * ROW_HEIGHT}px` }} />
    </tr>
  );
}

function Heading({ title, sort, kind }: { title: string; sort: Sort | undefined; kind: string }) {
  const state = useDashboard();
  if (!sort) {
    return (
      <th scope="col" class={kind}>
        {title}
      </th>
    );
  }
  const { query } = state.route.value;
  const { by, isDown } = sortOf(query['sort']);
  const isSorted = by === sort;
  // The first press shows what one looks for: the names from the first on, the numbers from the largest.
  const isNextDown = isSorted ? !isDown : sort !== 'contract';
  const resort = () =>
    state.go({ view: 'streams', query: { ...query, sort: isNextDown ? `-${sort}` : sort } }, { replace: true });
  return (
    <th scope="col" class={kind} aria-sort={isSorted ? (isDown ? 'descending' : 'ascending') : undefined}>
      <button type="button" class="sort" onClick={resort}>
        {title}
        <span aria-hidden="true">{isSorted ? (isDown ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row({ stream, index }: { stream: StreamSummary; index: number }) {
  const { connection, environment, contract, channel, lag, deadLetters } = stream;
  return (
    <tr aria-rowindex={index}>
      <th scope="row" class="wide">
        <a href={hashOf({ view: 'streams', stream: stream.stream })} {...ROW}>
          <Text value={contract} />
        </a>{' '}
        <span class="faint">
          <Text value={environment} most={40} />
        </span>
      </th>
      <td>
        <span class="chip">{channel}</span>{' '}
        <span class="faint">
          <Text value={connection} most={24} />
        </span>
      </td>
      <td class="number" title={stream.bytes === null ? undefined : bytes(stream.bytes)}>
        {count(stream.events)}
      </td>
      <td class="number rate">
        <Sparkline values={stream.rates} /> <span class="rate-value">{perSecond(stream.rate)}</span>
      </td>
      <td class="number">
        <Ago at={stream.lastAt} />
      </td>
      <td class="number narrow">{count(stream.groups)}</td>
      <td class={lag ? 'number late' : 'number'}>{count(lag)}</td>
      <td class="number">
        {deadLetters > 0 ? (
          <a class="bad" href={hashOf({ view: 'dead-letters', stream: stream.stream })}>
            {count(deadLetters)}
            <span class="unseen"> dead letters of {contract}</span>
          </a>
        ) : (
          <span class="faint">0</span>
        )}
      </td>
    </tr>
  );
}

function Totals({ streams }: { streams: readonly StreamSummary[] }) {
  const sum = (of: (stream: StreamSummary) => number | null) =>
    streams.reduce((total, stream) => total + (of(stream) ?? 0), 0);
  const lag = streams.reduce((most, stream) => Math.max(most, stream.lag ?? 0), 0);
  const dead = sum((stream) => stream.deadLetters);
  return (
    <Tiles
      tiles={[
        { title: 'Streams', value: count(streams.length) },
        { title: 'Appended', value: perSecond(sum((stream) => stream.rate)) },
        { title: 'Largest lag', value: count(lag), kind: lag > 0 ? 'late' : undefined },
        { title: 'Dead letters', value: count(dead), kind: dead > 0 ? 'bad' : undefined },
      ]}
    />
  );
}

function Nothing({ isSearch }: { isSearch: boolean }) {
  if (isSearch)
    return <Notice title="No stream has such a name">Search for less, or press Esc twice to see all.</Notice>;
  return (
    <Notice title="There are no streams yet">
      A stream is here as soon as the application produces or handles its contract.
    </Notice>
  );
}
