/** A table of a read model in memory, as a transaction sees it: its own changes first. */
export class MemoryTable<Row = unknown> {
  readonly #base: ReadonlyMap<string, unknown>;
  readonly #changes = new Map<string, { readonly row?: unknown }>();

  constructor(base: ReadonlyMap<string, unknown>) {
    this.#base = base;
  }

  /** Returns a copy: only `set` changes the table. */
  get(key: string): Row | undefined {
    const changed = this.#changes.get(key);
    return structuredClone(changed ? changed.row : this.#base.get(key)) as Row | undefined;
  }

  set(key: string, row: Row): void {
    this.#changes.set(key, { row: structuredClone(row) });
  }

  delete(key: string): void {
    this.#changes.set(key, {});
  }

  /** What the table holds once the transaction is committed. */
  applyTo(base: Map<string, unknown>): void {
    for (const [key, { row }] of this.#changes) {
      if (row === undefined) base.delete(key);
      else base.set(key, row);
    }
  }
}

/** The transaction of a read model in memory. */
export interface MemoryTransaction {
  /** The table of this name; there are no columns to declare. */
  table<Row = unknown>(name: string): MemoryTable<Row>;
}
