import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { ConsumedEvent } from './consumed-event.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract, type EventDefinition } from './contract-definition.js';
import { jsonCodec } from './json-codec.js';
import { NO_HEADERS, type Message } from './message.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(n: number) {
    return { n };
  }
}

function consumed(contentType = 'application/json'): ConsumedEvent {
  const message: Message = {
    ...{ id: 'e-1', source: 'shop', type: 'placed.v1', time: 5, key: 'k', correlationId: 'e-1', headers: NO_HEADERS },
    ...{ contentType, fields: { n: '7' }, personal: [] },
  };
  const delivery = { position: { partition: 0, id: '1' }, appendedAt: 6, deliveries: 1, message };
  return new ConsumedEvent(describeContract(Orders).byMethod.get('placed') as EventDefinition, delivery, message, {
    channel: memoryChannel(),
    stream: { environment: 'test', contract: 'orders' },
    group: 'transit',
    codec: jsonCodec,
    stopping: new AbortController().signal,
  });
}

describe('the arguments of a consumed event', () => {
  it('are new ones for each try, whatever the last try did to them', () => {
    const event = consumed();
    event.args[0] = 'changed by the handler';
    event.attempt += 1;
    expect(event.args).toEqual([7]);
  });

  it('stay what a middleware has made of them', () => {
    const event = consumed();
    event.args = [8];
    event.attempt += 1;
    expect(event.args).toEqual([8]);
  });

  it('are refused in another content type than the codec reads, with both types named', () => {
    expect(() => consumed('application/msgpack').args).toThrow(
      /EB_UNDECODABLE.*application\/msgpack, this consumer reads application\/json/,
    );
  });
});
