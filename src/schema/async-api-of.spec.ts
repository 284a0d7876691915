import { Parser } from '@asyncapi/parser';
import { IsEmail, IsOptional, Length, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  Field,
  Key,
  Personal,
  upcast,
  type EventDefinition,
} from '../core/index.js';
import type { AsyncApiDocument } from './async-api-document.js';
import { asyncApiOf } from './async-api-of.js';
import { asyncApiYaml } from './async-api-yaml.js';
import { schemaFingerprint } from './schema-fingerprint.js';

class Customer {
  @IsEmail()
  email!: string;

  @IsOptional()
  @Length(1, 50)
  name?: string;
}

/** Its name is taken by the document itself. */
class CloudEvent {
  @ValidateNested({ each: true })
  @Field({ type: () => [CloudEvent] })
  causes!: CloudEvent[];
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal() customer: Customer, @Key() product: number, time: Date) {
    return { customer, product, time };
  }

  @ContractEvent({ version: 2 })
  cancelled(reason: CloudEvent, amount: bigint, proof: Uint8Array) {
    return { reason, amount, proof };
  }

  @ContractEvent()
  split(
    @Field({
      segments: { split: (c: Customer) => ({ contact: c.email }), join: () => new Customer(), personal: ['contact'] },
    })
    customer: Customer,
  ) {
    return { customer };
  }
}

@EventsContract()
class UrgentOrders extends Orders {
  @ContractEvent()
  hurried(@Field({ type: () => ({ A: 'a', B: 'b' }) }) how: string) {
    return { how };
  }
}

@EventsContract('heartbeats')
class Heartbeats {
  @ContractEvent({ name: 'beat', version: 2, deprecated: 'produce' })
  beatV2(rate: number) {
    return { rate };
  }

  @ContractEvent({ version: 3, upcast: [upcast(1, 2, {}), upcast(2, 3, {})] })
  beat() {
    return {};
  }
}

const info = { title: 'Shop', version: '1.2.3', description: 'What happens in the shop.' };
const eventOf = (method: string): EventDefinition => {
  const found = describeContract(UrgentOrders).byMethod.get(method);
  if (!found) throw new Error(`no event ${method}`);
  return found;
};

/** What the official parser has to say that is worse than a hint. */
async function complaints(document: string): Promise<readonly string[]> {
  const { diagnostics } = await new Parser().parse(document);
  return diagnostics
    .filter(({ severity }) => [0, 1].includes(severity))
    .map(({ message, path }) => `${path.join('.')}: ${message}`);
}

const whole = (): Promise<AsyncApiDocument> =>
  asyncApiOf([Orders, UrgentOrders, Heartbeats], info, {
    consumers: [
      { group: 'transit', event: eventOf('placed') },
      { group: 'transit', event: eventOf('hurried') },
      { group: 'reporter', event: eventOf('placed') },
    ],
  });

describe('an AsyncAPI document', () => {
  it('is valid for the official parser, as JSON and as YAML', { timeout: 60_000 }, async () => {
    const document = await whole();
    expect(await complaints(JSON.stringify(document))).toEqual([]);
    expect(await complaints(await asyncApiYaml(document))).toEqual([]);
    // It does look: a reference that leads nowhere, and an action that does not exist.
    const { operations } = document;
    const broken = { ...operations['send:orders'], action: 'shout', channel: { $ref: '#/channels/none' } };
    const wrong = { ...document, operations: { ...operations, 'send:orders': broken } };
    expect(await complaints(JSON.stringify(wrong))).not.toEqual([]);
  });

  it('says the same in YAML, without anchors', async () => {
    const document = await whole();
    const text = await asyncApiYaml(document);
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
    expect(text).not.toMatch(/[&*]a\d/);
  });

  it('has a channel for each stream, with the events of all contracts that share it', async () => {
    const { asyncapi, channels, ...document } = await whole();
    expect(asyncapi).toBe('3.0.0');
    expect(document.info).toEqual(info);
    expect(Object.keys(channels)).toEqual(['orders', 'heartbeats']);
    expect(channels['orders']?.address).toBe('orders');
    expect(Object.keys(channels['orders']?.messages ?? {})).toEqual([
      'placed.v1',
      'cancelled.v2',
      'split.v1',
      'hurried.v1',
    ]);
  });

  it('describes events with their headers, fields and fingerprint', async () => {
    const { channels, components } = await whole();
    expect(channels['orders']?.messages['placed.v1']).toEqual({
      name: 'placed.v1',
      title: 'placed',
      contentType: 'application/json',
      headers: {
        allOf: [
          { $ref: '#/components/schemas/CloudEvent' },
          { type: 'object', properties: { type: { type: 'string', const: 'placed.v1' } } },
        ],
      },
      payload: {
        title: 'placed.v1',
        type: 'object',
        properties: {
          customer: { allOf: [{ $ref: '#/components/schemas/Customer' }], 'x-personal': true },
          product: { type: 'number' },
          time: { type: 'string', format: 'date-time' },
        },
        required: ['customer', 'product', 'time'],
      },
      'x-fingerprint': await schemaFingerprint(eventOf('placed')),
    });
    expect(Object.keys(components.schemas)).toEqual(['CloudEvent', 'Customer', 'CloudEvent2']);
  });

  it('says which versions should go, and which older ones are read as which event', async () => {
    const { channels } = await whole();
    const messages = Object.values(channels['heartbeats']?.messages ?? {});
    expect(messages.map(({ name, payload, ...more }) => [name, payload.deprecated, more['x-upcasts']])).toEqual([
      ['beat.v2', true, ['beat.v1']],
      ['beat.v3', undefined, ['beat.v1', 'beat.v2']],
    ]);
  });

  it('tells who produces and which group consumes what', async () => {
    const { operations } = await whole();
    expect(Object.keys(operations)).toEqual([
      'send:orders',
      'send:heartbeats',
      'receive:transit:orders',
      'receive:reporter:orders',
    ]);
    expect(operations['receive:transit:orders']).toEqual({
      action: 'receive',
      title: 'Consume orders as transit',
      channel: { $ref: '#/channels/orders' },
      messages: [{ $ref: '#/channels/orders/messages/placed.v1' }, { $ref: '#/channels/orders/messages/hurried.v1' }],
      'x-group': 'transit',
    });
  });

  it('leaves out what a group consumes of other contracts', async () => {
    const { operations } = await asyncApiOf([Heartbeats], info, {
      consumers: [{ group: 'a', event: eventOf('placed') }],
    });
    expect(Object.keys(operations)).toEqual(['send:heartbeats']);
  });
});

describe('YAML', () => {
  it('needs its package, and says so', async () => {
    const missing = Object.assign(new Error("Cannot find package 'yaml'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(asyncApiYaml(await whole(), () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'EB_UNSUPPORTED',
    });
    const broken = new Error('Unexpected token');
    await expect(asyncApiYaml(await whole(), () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
