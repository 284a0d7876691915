import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { Consumer } from './consumer.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { erasedEvent, erasureMessage, eventOfMethod, eventOfType } from './erased-event.js';
import type { Erasure } from './erasure.js';
import type { EventDefinition } from './event-definition.js';
import { jsonCodec } from './json-codec.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(count: number) {
    return { count };
  }
}

const contract = describeContract(Orders);
const STREAM = { environment: 'test', contract: 'orders' };
const ERASURE: Erasure = { subject: 'pseudonym', events: ['e-1', 'e-2'], fields: ['user'], time: 7 };

const message = (erasure: Partial<Erasure> = {}, key = 'k') =>
  erasureMessage(contract, { key, erasure: { ...ERASURE, ...erasure }, codec: jsonCodec, source: 'shop' });

describe('the event of what was erased', () => {
  it('belongs to every contract, and to no producer', () => {
    expect(eventOfMethod(contract, '$erased')).toBe(erasedEvent(contract));
    expect(eventOfType(contract, '$erased.v1')).toBe(erasedEvent(contract));
    expect(eventOfMethod(contract, 'placed')).toBe(contract.byType.get('placed.v1'));
    expect(eventOfType(contract, 'placed.v1')).toBe(contract.byMethod.get('placed'));
    expect(eventOfMethod(contract, '$other')).toBeUndefined();
    expect(eventOfType(contract, '$erased.v2')).toBeUndefined();
    expect([...contract.byMethod.keys()]).toEqual(['placed']);
    const orders = createProducer(Orders, { channel: memoryChannel(), environment: 'test', source: 'shop' });
    expect(orders).not.toHaveProperty('$erased');
  });

  it('is a message that says which fields of which events, and belongs to their key', () => {
    expect(message()).toMatchObject({
      ...{ type: '$erased.v1', key: 'k', source: 'shop', time: 7, contentType: 'application/json', personal: [] },
      fields: { erasure: JSON.stringify(ERASURE) },
    });
    expect(message().correlationId).toBe(message().id);
  });

  it('has the same id whenever it is repeated, and another one for anything else that was erased', () => {
    const { id } = message();
    expect(message({ time: 8 }).id).toBe(id);
    const others = [
      message({}, 'other'),
      message({ subject: 'other' }),
      message({ subject: undefined }),
      message({ events: ['e-1'] }),
      message({ fields: [] }),
      message({ fields: ['user', 'e-1'], events: ['e-2'] }),
    ];
    expect(new Set([id, ...others.map((other) => other.id)]).size).toBe(others.length + 1);
  });

  it('is stored once, and given to its handler, where there is one', async () => {
    const channel = memoryChannel();
    const seen: unknown[][] = [];
    const handlers = {
      told: [{ event: erasedEvent(contract), invoke: (args: unknown[]) => seen.push(args) }],
      other: [{ event: contract.byMethod.get('placed') as EventDefinition, invoke: () => undefined }],
    };
    const [told, other] = (['told', 'other'] as const).map((group) => {
      const consumer = new Consumer({ channel, stream: STREAM, group, knownTypes: [], handlers: handlers[group] });
      onTestFinished(() => consumer.stop(1_000));
      consumer.start();
      return consumer;
    });
    await channel.publish(STREAM, [message()]);
    await channel.publish(STREAM, [message({ time: 8 })]);
    await vi.waitFor(() => expect(told?.state.handled).toBe(1));
    await vi.waitFor(() => expect(other?.state).toMatchObject({ skipped: 1, deadLetters: 0 }));
    await channel.settled();
    expect(seen).toEqual([[ERASURE]]);
  });
});
