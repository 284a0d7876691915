import {
  BackboneError,
  type ReadModel,
  type ReadModelSide,
  type SavedCheckpoint,
  type ShadowModel,
  type SkippedEvent,
} from '../core/index.js';
import { takenOver } from './event-failure.js';
import { MemoryTable, type MemoryTransaction } from './memory-tables.js';

/** A read model in the memory of this process, for tests. */
export interface MemoryReadModel extends ReadModel<MemoryTransaction> {
  /** The rows of a projection's table, as a reader sees them now. */
  rows<Row>(projection: string, table: string): ReadonlyMap<string, Row>;
}

/** Makes a read model that keeps tables and checkpoints in memory. Nothing outlives the process. */
export function memoryReadModel(): MemoryReadModel {
  const live = new MemorySide();
  const shadow: ShadowModel<MemoryTransaction> = Object.assign(new MemorySide(), {
    replaceLive: (projection: string, fence: number): Promise<void> =>
      new Promise((resolve) => {
        live.replaceBy(shadow as unknown as MemorySide, projection, fence);
        resolve();
      }),
  });
  return Object.assign(live, { shadow, close: () => Promise.resolve() });
}

/** What one projection has made on one side. */
interface Made {
  holder: string;
  saved: SavedCheckpoint;
  readonly tables: Map<string, Map<string, unknown>>;
  readonly skipped: SkippedEvent[];
}

const NOTHING: SavedCheckpoint = { fence: 0, version: 0, checkpoint: [], complete: false };

class MemorySide implements ReadModelSide<MemoryTransaction> {
  readonly #made = new Map<string, Made>();

  rows<Row>(projection: string, table: string): ReadonlyMap<string, Row> {
    return (this.#made.get(projection)?.tables.get(table) ?? new Map<string, unknown>()) as ReadonlyMap<string, Row>;
  }

  load(projection: string): Promise<SavedCheckpoint | undefined> {
    return Promise.resolve(this.#made.get(projection)?.saved);
  }

  async takeFence(projection: string, holder: string, again = false): Promise<SavedCheckpoint> {
    await Promise.resolve();
    const made = this.#made.get(projection) ?? { holder, saved: NOTHING, tables: new Map(), skipped: [] };
    if (again && holder !== made.holder) throw takenOver(projection);
    made.holder = holder;
    this.#made.set(projection, made);
    made.saved = { ...made.saved, fence: made.saved.fence + 1 };
    return made.saved;
  }

  save(projection: string, next: SavedCheckpoint, transaction: MemoryTransaction): Promise<void> {
    return new Promise((resolve) => {
      this.#checkFence(projection, next.fence);
      openOf(transaction).saved = next;
      resolve();
    });
  }

  async transaction<T>(projection: string, work: (transaction: MemoryTransaction) => Promise<T>): Promise<T> {
    const open = new OpenTransaction(this.#made.get(projection)?.tables ?? new Map<string, Map<string, unknown>>());
    try {
      const result = await work(open);
      if (open.saved) this.#checkFence(projection, open.saved.fence);
      const made = this.#made.get(projection);
      if (made) open.commit(made);
      return result;
    } finally {
      open.close();
    }
  }

  async recreate(
    projection: string,
    next: SavedCheckpoint,
    create: (transaction: MemoryTransaction) => Promise<void>,
  ): Promise<void> {
    const open = new OpenTransaction(new Map<string, Map<string, unknown>>());
    await create(open);
    this.#checkFence(projection, next.fence);
    const holder = this.#made.get(projection)?.holder ?? '';
    const made: Made = { holder, saved: next, tables: new Map(), skipped: [] };
    open.commit(made);
    open.close();
    this.#made.set(projection, made);
  }

  noteSkipped(_: string, skipped: SkippedEvent, transaction: MemoryTransaction): Promise<void> {
    openOf(transaction).skipped.push(skipped);
    return Promise.resolve();
  }

  skipped(projection: string): Promise<readonly SkippedEvent[]> {
    return Promise.resolve([...(this.#made.get(projection)?.skipped ?? [])]);
  }

  isTransient(): boolean {
    return false;
  }

  /** Takes over what another side has made. */
  replaceBy(other: MemorySide, projection: string, fence: number): void {
    other.#checkFence(projection, fence);
    const made = other.#made.get(projection);
    if (!made) throw takenOver(projection);
    const newest = Math.max(fence, this.#made.get(projection)?.saved.fence ?? 0) + 1;
    this.#made.set(projection, { ...made, saved: { ...made.saved, fence: newest } });
    other.#made.delete(projection);
  }

  #checkFence(projection: string, fence: number): void {
    if (this.#made.get(projection)?.saved.fence !== fence) throw takenOver(projection);
  }
}

/** A transaction until it ends; what is used behind its end is an error, and would have no effect. */
class OpenTransaction implements MemoryTransaction {
  saved: SavedCheckpoint | undefined;
  readonly skipped: SkippedEvent[] = [];
  readonly #base: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  readonly #tables = new Map<string, MemoryTable>();
  #closed = false;

  constructor(base: ReadonlyMap<string, ReadonlyMap<string, unknown>>) {
    this.#base = base;
  }

  table<Row = unknown>(name: string): MemoryTable<Row> {
    if (this.#closed)
      throw new BackboneError('EB_CLOSED', 'the transaction has ended; await everything in the handler');
    let table = this.#tables.get(name);
    if (!table) this.#tables.set(name, (table = new MemoryTable(this.#base.get(name) ?? new Map<string, unknown>())));
    return table as MemoryTable<Row>;
  }

  commit(made: Made): void {
    for (const [name, table] of this.#tables) {
      let rows = made.tables.get(name);
      if (!rows) made.tables.set(name, (rows = new Map<string, unknown>()));
      table.applyTo(rows);
    }
    made.skipped.push(...this.skipped);
    if (this.saved) made.saved = this.saved;
  }

  close(): void {
    this.#closed = true;
  }
}

function openOf(transaction: MemoryTransaction): OpenTransaction {
  if (transaction instanceof OpenTransaction) return transaction;
  throw new BackboneError('EB_ARGUMENT', 'this transaction is not one of the read model in memory');
}
