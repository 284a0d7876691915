import { createHash } from 'node:crypto';
import { stateOf } from './postgres-failure.js';
import type { Queryable } from './queryable.js';

/** A statement, with the name under which a connection prepares it, if any. */
export interface Statement {
  readonly text: string;
  readonly name?: string;
}

/** There is no statement of this name, or there is one already. */
const NOT_AS_PREPARED: ReadonlySet<string> = new Set(['26000', '42P05']);

/** Runs statements that are run again and again: each connection prepares them once, where that is possible. */
export class PreparedStatements implements Queryable {
  readonly #run: (statement: Statement, values: unknown[]) => Promise<unknown>;
  readonly #names = new Map<string, string>();
  #isPossible = true;

  /** @param run runs one statement, on any connection and in no transaction. */
  constructor(run: (statement: Statement, values: unknown[]) => Promise<unknown>) {
    this.#run = run;
  }

  async query(text: string, values: unknown[]): Promise<unknown> {
    if (!this.#isPossible) return this.#run({ text }, values);
    try {
      return await this.#run({ text, name: this.#nameOf(text) }, values);
    } catch (error) {
      if (!NOT_AS_PREPARED.has(stateOf(error) ?? '')) throw error;
      // A pooler has put another connection behind this one. Nothing was done yet.
      this.#isPossible = false;
      return this.#run({ text }, values);
    }
  }

  /** After all of the text: behind a pooler another application may have prepared what is found under a name. */
  #nameOf(text: string): string {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `eb_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
      this.#names.set(text, name);
    }
    return name;
  }
}
