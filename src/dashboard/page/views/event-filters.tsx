import { useEffect, useState } from 'preact/hooks';
import { useDashboard } from '../dashboard-state.js';
import { SEARCH } from '../keyboard.js';
import { useLoad } from '../use-load.js';
import { oneLine } from '../visible-text.js';
import { StreamPicker } from './stream-picker.js';

const FILTERS = ['type', 'key', 'id', 'position', 'from', 'until'] as const;

type Query = Readonly<Record<string, string>>;

/** Turns the filters of the address into those of a request: times of the viewer's zone into milliseconds. */
export function searchOf(query: Query): Readonly<Record<string, string | number | undefined>> {
  const time = (text: string | undefined) => {
    const at = text ? new Date(text).getTime() : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  };
  const { type, key, id, position, before } = query;
  return { type, key, id, position, before, from: time(query['from']), until: time(query['until']) };
}

/** The form above the events: which ones are looked for. */
export function EventFilters(props: { stream: string; query: Query; onPick: (stream: string) => void }) {
  const { stream, query, onPick } = props;
  const state = useDashboard();
  const [draft, setDraft] = useState(query);
  useEffect(() => setDraft(query), [JSON.stringify(query)]);
  const [isMore, setMore] = useState(['id', 'position', 'from', 'until'].some((name) => query[name]));
  const show = (filters: Query) => {
    const asked = Object.fromEntries(FILTERS.map((name) => [name, filters[name]?.trim() ?? '']));
    state.go({ view: 'events', stream, query: asked });
  };
  const set = (name: string, value: string) => setDraft({ ...draft, [name]: value });
  const field = (name: string, label: string, search = {}) => (
    <label class="field">
      <span>{label}</span>
      <input value={draft[name] ?? ''} onInput={(event) => set(name, event.currentTarget.value)} {...search} />
    </label>
  );
  const timeField = (name: string, label: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        step="1"
        value={draft[name] ?? ''}
        onInput={(event) => set(name, event.currentTarget.value)}
      />
    </label>
  );
  return (
    <form
      class="toolbar filters"
      onSubmit={(event) => {
        event.preventDefault();
        show(draft);
      }}
    >
      <StreamPicker picked={stream} onPick={onPick} />
      <TypePicker
        stream={stream}
        picked={draft['type'] ?? ''}
        onPick={(type) => {
          setDraft({ ...draft, type });
          show({ ...draft, type });
        }}
      />
      {field('key', 'Key', SEARCH)}
      {isMore && (
        <>
          {field('id', 'Event id')}
          {field('position', 'Position')}
          {timeField('from', 'From')}
          {timeField('until', 'Until')}
        </>
      )}
      <div class="field-buttons">
        <button type="submit">Search</button>
        {!isMore && (
          <button type="button" class="quiet" onClick={() => setMore(true)}>
            More filters
          </button>
        )}
        {FILTERS.some((name) => query[name]) && (
          <button type="button" class="quiet" onClick={() => show({})}>
            Clear
          </button>
        )}
      </div>
    </form>
  );
}

function TypePicker({ stream, picked, onPick }: { stream: string; picked: string; onPick: (type: string) => void }) {
  const { api } = useDashboard();
  const types = useLoad(stream, (signal) => api.stream(stream, signal)).value?.types ?? [];
  // One that this application does not know may still be asked for by the address.
  const offered = picked === '' || types.includes(picked) ? types : [...types, picked];
  return (
    <label class="field">
      <span>Type</span>
      <select value={picked} onChange={(event) => onPick(event.currentTarget.value)}>
        <option value="">all types</option>
        {offered.map((type) => (
          <option key={type} value={type}>
            {oneLine(type, 80)}
          </option>
        ))}
      </select>
    </label>
  );
}
