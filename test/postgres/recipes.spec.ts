import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { drizzle } from 'drizzle-orm/node-postgres';
import { DataSource, EntitySchema } from 'typeorm';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { getChannelToken, getProducerToken, Relays, type Producer } from 'nest-event-backbone';
import type { Channel, Message } from 'nest-event-backbone/core';
import { DrizzleOrderService, orderTable, queryable } from '../recipes/drizzle.js';
import { Orders } from '../recipes/orders.js';
import { OutboxModule } from '../recipes/outbox.module.js';
import { TypeormOrderService } from '../recipes/typeorm.js';
import { Sandbox } from './sandbox.js';

const [url, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

interface Scene {
  readonly sandbox: Sandbox;
  readonly orders: Producer<Orders>;
  readonly relays: Relays;
  readonly events: (where: 'postgres' | 'redis') => Promise<readonly Message[]>;
  /** The state of the order as others see it. */
  readonly state: () => Promise<string | undefined>;
}

/** The application of the recipe, beside a table with an order that may become `packed` until that state is taken away. */
async function scene(): Promise<Scene> {
  const sandbox = new Sandbox(url);
  await sandbox.query('DROP TABLE IF EXISTS recipe_order, recipe_state');
  await sandbox.query('CREATE TABLE recipe_state (name text PRIMARY KEY)');
  // Checked at COMMIT, when row and event have both been written.
  const reference = 'REFERENCES recipe_state DEFERRABLE INITIALLY DEFERRED';
  await sandbox.query(`CREATE TABLE recipe_order (id text PRIMARY KEY, state text NOT NULL ${reference})`);
  await sandbox.query("INSERT INTO recipe_state VALUES ('placed'), ('packed')");
  await sandbox.query("INSERT INTO recipe_order VALUES ('o-1', 'placed')");
  const environment = `test-${randomUUID()}`;
  const module = OutboxModule.forRoot({ postgresUrl: url, redisUrl, table: sandbox.table, environment });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  onTestFinished(() => app.close());
  const channels = { postgres: app.get<Channel>(getChannelToken()), redis: app.get<Channel>(getChannelToken('redis')) };
  return {
    sandbox,
    orders: app.get<Producer<Orders>>(getProducerToken(Orders)),
    relays: app.get(Relays, { strict: false }),
    events: async (where) => {
      const found: Message[] = [];
      const read = channels[where].read({ stream: { environment, contract: 'recipe-orders' } });
      for await (const events of read) for (const { message } of events) if (message) found.push(message);
      return found;
    },
    state: async () => (await sandbox.query<{ state: string }>('SELECT state FROM recipe_order'))[0]?.state,
  };
}

/** An ORM: the service of the recipe, and a transaction in which something else is tried. */
interface Orm {
  readonly pack: (id: string, parcels: number) => Promise<void>;
  readonly change: (within: (transaction: unknown) => Promise<void>) => Promise<void>;
}

async function typeorm({ orders }: Scene): Promise<Orm> {
  const order = new EntitySchema<{ id: string; state: string }>({
    name: 'order',
    tableName: 'recipe_order',
    columns: { id: { type: 'text', primary: true }, state: { type: 'text' } },
  });
  const dataSource = await new DataSource({ type: 'postgres', url, entities: [order] }).initialize();
  onTestFinished(() => dataSource.destroy());
  const service = new TypeormOrderService(dataSource, orders);
  return {
    pack: (id, parcels) => service.pack(id, parcels),
    change: (within) =>
      dataSource.transaction(async (entities) => {
        await entities.update('order', { id: 'o-1' }, { state: 'packed' });
        await within(entities);
      }),
  };
}

async function drizzleOrm({ orders, sandbox }: Scene): Promise<Orm> {
  const database = drizzle(sandbox.pool);
  const service = new DrizzleOrderService(database, orders);
  return Promise.resolve({
    pack: (id: string, parcels: number) => service.pack(id, parcels),
    change: (within: (transaction: unknown) => Promise<void>) =>
      database.transaction(async (tx) => {
        await tx.update(orderTable).set({ state: 'packed' });
        await within(queryable(tx));
      }),
  });
}

const ORMS = [
  ['TypeORM', typeorm],
  ['Drizzle', drizzleOrm],
] as const;

// Without a server the global set-up says why there is none.
describe.skipIf(url === '' || redisUrl === '').each(ORMS)('a row and its event in one transaction of %s', (_, open) => {
  it('are seen together when it commits, not before, and the event arrives in Redis', async () => {
    const at = await scene();
    const { pack, change } = await open(at);
    await change(async (transaction) => {
      await at.orders.$with({ transaction }).packed('o-1', 1);
      expect([await at.state(), await at.events('postgres')]).toEqual(['placed', []]);
    });
    expect(await at.state()).toBe('packed');
    await pack('o-1', 2);
    const stored = await at.events('postgres');
    expect(stored.map(({ key, fields }) => [key, fields['parcels']])).toEqual([
      ['o-1', '1'],
      ['o-1', '2'],
    ]);
    await vi.waitFor(async () => expect(await at.events('redis')).toEqual(stored), 10_000);
    await vi.waitFor(() => expect(at.relays.states()).toMatchObject([{ status: 'running', relayed: 2 }]), 10_000);
  });

  it('are both nothing when COMMIT fails, or the caller rolls back', async () => {
    const at = await scene();
    const { pack, change } = await open(at);
    const thrown = change(async (transaction) => {
      await at.orders.$with({ transaction }).$batch((batch) => batch.packed('o-1', 1));
      throw new Error('the caller thinks better of it');
    });
    await expect(thrown).rejects.toThrow('thinks better');
    await at.sandbox.query("DELETE FROM recipe_state WHERE name = 'packed'");
    await expect(pack('o-1', 2)).rejects.toThrow(/violates foreign key|Failed query: commit/);
    expect([await at.state(), await at.events('postgres')]).toEqual(['placed', []]);
    expect(at.relays.states()).toMatchObject([{ relayed: 0 }]);
  });

  it('are both nothing when the event is refused, and the error quotes no argument', async () => {
    const at = await scene();
    const { pack } = await open(at);
    await pack('o-1', 1);
    await at.sandbox.query("UPDATE recipe_order SET state = 'placed'");
    await at.sandbox.query(`ALTER TABLE "${at.sandbox.table}" ADD CHECK (fields ->> 'parcels' <> '4711')`);
    const error: unknown = await pack('o-1', 4711).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/EB_(CHANNEL|NOT_STORED)/);
    expect(inspect(error, { depth: 9 })).not.toContain('4711');
    expect([await at.state(), await at.events('postgres')]).toMatchObject(['placed', [{ fields: { parcels: '1' } }]]);
  });

  it('part when the event does not join: it tells of what never happened', async () => {
    const at = await scene();
    const { change } = await open(at);
    await at.sandbox.query("DELETE FROM recipe_state WHERE name = 'packed'");
    const refused = change(async () => {
      await at.orders.packed('o-1', 1);
    });
    await expect(refused).rejects.toThrow(/violates foreign key|Failed query: commit/);
    expect(await at.state()).toBe('placed');
    expect(await at.events('postgres')).toHaveLength(1);
  });
});
