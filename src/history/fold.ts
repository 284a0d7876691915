import { erasedEvent, eventsByType, type Checkpoint, type Codec, type ContractDefinition } from '../core/index.js';
import { selectedEvents } from './event-selection.js';
import { PastEvent } from './past-event.js';
import type { ReadRange } from './read-range.js';
import type { Reducer } from './reducer.js';
import { type Folded, type Snapshots } from './snapshots.js';
import type { StreamHistory } from './stream-history.js';

/** What is folded, and with what. */
export interface Folding<C extends object, State> {
  readonly contract: ContractDefinition;
  readonly history: StreamHistory;
  readonly codec: Codec;
  readonly reducer: Reducer<C, State>;
  readonly key?: string | undefined;
  readonly range: ReadRange;
  readonly snapshots?: Snapshots<C, State> | undefined;
  /** Read every event, so that all are counted; else only those that the reducer has something for. */
  readonly all?: boolean;
}

/** Makes the state that events come to, from the latest snapshot on where there is one. */
export async function fold<C extends object, State>(folding: Folding<C, State>): Promise<Folded<State>> {
  const { contract, history, codec, reducer, key, range, snapshots, all = false } = folding;
  const erased = erasedEvent(contract);
  const events = selectedEvents(contract, Object.keys(reducer.on) as never[]);
  const byType = eventsByType(events);
  const types = all ? undefined : [...new Set([...byType.keys(), ...(snapshots ? [erased.type] : [])])];
  const apply: Readonly<Record<string, ((state: State, event: never) => State) | undefined>> = reducer.on;

  const { begin, known } = await begun(folding);
  let { state, count, latestMs } = begin;
  const reached = new Map(begin.reached.map((position) => [position.partition, position]));
  // An event may be in the wrong place in time: a snapshot of a moment could pass one that it does not hold.
  let canSave = range.untilMs === undefined;
  for await (const batch of history.read({ types, key }, { ...range, after: begin.reached })) {
    for (const event of batch) {
      const { message, position, appendedAt } = event;
      if (message) {
        const definition = byType.get(message.type);
        const step = definition && apply[definition.method];
        if (step) state = step(state, new PastEvent(definition, event, message, { codec }) as never);
        // What was read before this erasure may hold what it was to erase.
        if (message.type === erased.type && !known.has(message.id)) canSave = false;
      }
      count += 1;
      latestMs = Math.max(latestMs, appendedAt);
      reached.set(position.partition, position);
      if (!snapshots || !canSave || count % snapshots.every !== 0) continue;
      // The events of a key are read as they are: an earlier one may still appear.
      if (key !== undefined && !(await history.hasReached(position))) continue;
      await snapshots.put({ state, count, latestMs, reached: [...reached.values()] });
    }
  }
  return { state, count, latestMs, reached: [...reached.values()] };
}

/** Where to begin, and the erasures that are in it already. Snapshots from before an erasure hold what was erased. */
async function begun<C extends object, State>(
  folding: Folding<C, State>,
): Promise<{ readonly begin: Folded<State>; readonly known: ReadonlySet<string> }> {
  const { reducer, range, snapshots } = folding;
  const fresh = () => ({ state: reducer.initial(), count: 0, reached: range.after, latestMs: 0 });
  if (!snapshots) return { begin: fresh(), known: new Set() };
  const saved = await snapshots.latest(range);
  const since = await erasures(folding, saved?.reached ?? []);
  if (!saved || since.size === 0) return { begin: saved ?? fresh(), known: since };
  await snapshots.drop();
  return { begin: fresh(), known: await erasures(folding, []) };
}

/** The ids of what tells of erasures behind a checkpoint, to the present end. */
async function erasures<C extends object, State>(
  { contract, history, key }: Folding<C, State>,
  after: Checkpoint,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const events of history.read({ types: [erasedEvent(contract).type], key, fields: [] }, { after })) {
    for (const { message } of events) if (message) ids.add(message.id);
  }
  return ids;
}
