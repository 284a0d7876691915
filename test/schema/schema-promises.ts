import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  DIAGNOSTICS,
  EventsContract,
  type Channel,
  type ChannelDiagnostic,
  type ContractClass,
} from 'nest-event-backbone/core';
import { checkSchema, publishSchemas, readSchemas, schemaFingerprint } from 'nest-event-backbone/schema';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BothOrders, OldOrders, Orders } from './old-orders.js';

/** The same version of the same event, with a field more that readers need. */
@EventsContract('orders')
class ChangedOrders {
  @ContractEvent()
  placed(order: string, email: string, cents: number, time: Date) {
    return { order, email, cents, time };
  }
}

/** What a stream says of its schemas, on every channel. */
export function schemaPromises(open: () => Channel): void {
  const openScene = () => {
    const channel = open();
    const environment = `schemas-${randomUUID()}`;
    const publish = (contract: ContractClass, onMismatch?: 'warn' | 'refuse') =>
      publishSchemas({ channel, environment, contracts: [contract], source: 'test', onMismatch });
    return { channel, environment, publish, stream: { environment, contract: 'orders' } };
  };

  it('each version is published once, however often its producers start, and tools can read them all', async () => {
    const { channel, environment, publish, stream } = openScene();
    expect(await publish(OldOrders)).toEqual(['placed.v1']);
    await createProducer(OldOrders, { channel, environment, source: 'test' }).placed('o-1', 'ada@example.org', 5);
    expect(await publish(OldOrders)).toEqual([]);
    expect(await publish(Orders)).toEqual(['placed.v2']);
    expect(await publish(BothOrders)).toEqual([]);
    const { schemas } = await readSchemas(channel, stream);
    const old = await schemaFingerprint(describeContract(OldOrders).byType.get('placed.v1') as never);
    expect(schemas).toMatchObject([
      { type: 'placed.v1', fingerprint: old, source: 'test', upcasts: [] },
      { type: 'placed.v2', upcasts: ['placed.v1'] },
    ]);
  });

  it('contracts are compared with what is in the stream', async () => {
    const { channel, publish, stream } = openScene();
    await publish(OldOrders);
    const { document } = await readSchemas(channel, stream);
    expect(await checkSchema({ contracts: [OldOrders], against: document })).toEqual([]);
    expect(await checkSchema({ contracts: [Orders], against: document })).toMatchObject([
      { verdict: 'readers-first', kind: 'event-added', path: 'orders/placed.v2' },
      { verdict: 'compatible', kind: 'event-upcast', path: 'orders/placed.v1' },
    ]);
    expect(await checkSchema({ contracts: [ChangedOrders], against: document })).toMatchObject([
      { verdict: 'breaking', kind: 'field-added', path: 'orders/placed.v1/time' },
      {},
    ]);
  });

  it('another schema of the same version is told of once, or refused', async () => {
    const { channel, publish, stream } = openScene();
    const told: (string | undefined)[] = [];
    const hear = (message: unknown): void => {
      const { kind, reason, stream: where } = message as ChannelDiagnostic;
      if (kind === 'schema' && where?.environment === stream.environment) told.push(reason);
    };
    subscribe(DIAGNOSTICS.channel, hear);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.channel, hear));
    await publish(OldOrders);
    await expect(publish(ChangedOrders, 'refuse')).rejects.toMatchObject({
      code: 'EB_CONTRACT',
      details: { path: 'placed.v1' },
    });
    expect((await readSchemas(channel, stream)).schemas).toHaveLength(1);
    expect(await publish(ChangedOrders)).toEqual(['placed.v1']);
    expect(await publish(ChangedOrders, 'refuse')).toEqual([]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /placed.v1 was published with another schema .*breaking: placed.v1\/time.*version of its own, placed.v2/,
    );
    // Who goes back to the version before is known, too.
    expect(await publish(OldOrders, 'refuse')).toEqual([]);
    expect((await readSchemas(channel, stream)).schemas).toHaveLength(2);
  });

  it('handlers are never given them, and nothing is set aside for them', async () => {
    const { channel, environment, publish, stream } = openScene();
    await publish(OldOrders);
    const handled: unknown[] = [];
    const consumer = new Consumer({
      ...{ channel, stream, group: 'transit', knownTypes: ['placed.v1'] },
      handlers: [
        {
          event: describeContract(OldOrders).byType.get('placed.v1') as never,
          invoke: ([order]) => void handled.push(order),
        },
      ],
    });
    onTestFinished(() => consumer.stop(5_000));
    consumer.start();
    await createProducer(OldOrders, { channel, environment, source: 'test' }).placed('o-1', 'ada@example.org', 5);
    await vi.waitFor(() => expect(handled).toEqual(['o-1']), 30_000);
    await vi.waitFor(
      async () => expect(await channel.admin.state(stream, 'transit')).toMatchObject({ pending: 0 }),
      30_000,
    );
    expect(await channel.admin.deadLetters.list(stream, 'transit')).toEqual([]);
  });
}
