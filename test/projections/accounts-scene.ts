import { onTestFinished } from 'vitest';
import { ContractEvent, createProducer, EventsContract, type Channel, type ReadModel } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import {
  defineProjection,
  memoryReadModel,
  ProjectionRunner,
  type MemoryReadModel,
  type MemoryTransaction,
  type ProjectionMethods,
  type ProjectionSettings,
} from 'nest-event-backbone/projections';

/** The contract of these tests. */
@EventsContract('accounts')
export class Accounts {
  @ContractEvent()
  paid(account: string, amount: number) {
    return { account, amount };
  }

  @ContractEvent()
  closed(account: string) {
    return { account };
  }

  @ContractEvent()
  audited(account: string) {
    return { account };
  }
}

/** What a projection of them does. */
export type Methods = ProjectionMethods<Accounts, MemoryTransaction>;

/** Adds to the balance of an account. */
export const paid: NonNullable<Methods['paid']> = (account, amount, { tx }) => {
  const balances = tx.table<number>('balances');
  balances.set(account, (balances.get(account) ?? 0) + amount);
};
/** Forgets an account. */
export const closed: NonNullable<Methods['closed']> = (account, { tx }) => tx.table('balances').delete(account);

/** What is otherwise than usual. */
export interface Given extends ProjectionSettings {
  readonly on?: Methods;
  readonly version?: number;
}

/** Where the events are. */
export interface Log {
  readonly channel?: Channel;
  readonly environment?: string;
}

/** A log, a read model and a projection between them, all in memory unless the log is given. */
export function scene(given: Given = {}, model = memoryReadModel(), log: Log = {}) {
  const { channel = memoryChannel(), environment = 'default' } = log;
  const producer = createProducer(Accounts, { channel, environment, source: 'test' });
  const another = (more: Given = {}, on: ReadModel<MemoryTransaction> = model) => {
    const { on: methods = { paid, closed }, version, ...settings } = { ...given, ...more };
    const projection = defineProjection<Accounts, MemoryTransaction>(Accounts, {
      name: 'balances',
      on: methods,
      version,
      create: () => Promise.resolve(),
    });
    const runner = new ProjectionRunner({ projection, channel, environment, model: on, ...settings });
    onTestFinished(() => runner.stop(1_000));
    return runner;
  };
  const balances = () => Object.fromEntries(model.rows<number>('balances', 'balances'));
  return { channel, producer, model, another, runner: another(), balances };
}

/** How long a condition may take on a slow machine. */
export const PATIENCE = { timeout: 20_000, interval: 10 };

/** The same read model, but for what is changed. */
export function changed(
  model: MemoryReadModel,
  changes: Partial<ReadModel<MemoryTransaction>>,
): ReadModel<MemoryTransaction> {
  return {
    shadow: model.shadow,
    load: (name) => model.load(name),
    takeFence: (name, holder, again) => model.takeFence(name, holder, again),
    save: (name, next, tx) => model.save(name, next, tx),
    transaction: (name, work) => model.transaction(name, work),
    recreate: (name, next, create) => model.recreate(name, next, create),
    noteSkipped: (name, skipped, tx) => model.noteSkipped(name, skipped, tx),
    skipped: (name) => model.skipped(name),
    isTransient: (error) => model.isTransient(error),
    close: () => model.close(),
    ...changes,
  };
}
