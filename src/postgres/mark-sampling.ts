import type { Database } from './database.js';
import { rowsOf } from './queryable.js';
import { SafeMark, type Mark, type Sample } from './safe-mark.js';
import type { TableNames } from './table-names.js';

/** Asks the server how far readers may go; all who ask at the same time share one answer. */
export class MarkSampling {
  readonly #database: Pick<Database, 'often'>;
  readonly #sql: string;
  readonly #mark = new SafeMark();
  #running: Promise<Mark> | undefined;
  #next: Promise<Mark> | undefined;

  constructor(database: Pick<Database, 'often'>, t: TableNames) {
    this.#database = database;
    this.#sql = `SELECT last::text, holders, pids FROM ${t.sample}()`;
  }

  /** The mark as it is now: a sample that began before the call is not enough. */
  now(): Promise<Mark> {
    if (!this.#running) return this.#start();
    const join = () => {
      this.#next = undefined;
      return this.#start();
    };
    return (this.#next ??= this.#running.then(join, join));
  }

  #start(): Promise<Mark> {
    return (this.#running = this.#sample().finally(() => (this.#running = undefined)));
  }

  async #sample(): Promise<Mark> {
    const [sample] = await rowsOf<Sample>(this.#database.often, this.#sql, []);
    const { last = '0', holders = [], pids = [] } = sample ?? {};
    return this.#mark.add(BigInt(last), holders, pids);
  }
}
