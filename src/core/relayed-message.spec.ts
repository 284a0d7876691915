import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { erasureMessage } from './erased-event.js';
import { jsonCodec } from './json-codec.js';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from './message.js';
import { relayedMessage, type RelayedContracts } from './relayed-message.js';

@EventsContract('letters')
class Letters {
  @ContractEvent()
  sent(
    @Field({ type: () => Date })
    @Personal({ of: ({ time, to }: { time: Date; to: string }) => `${to}-${time.getUTCFullYear()}` })
    time: Date,
    @Personal({ of: ({ to }: { to: string }) => to }) to: string,
    @Personal() text: string,
    pages: number,
  ) {
    return { time, to, text, pages };
  }

  @ContractEvent()
  burned(@Personal() text: string) {
    return { text };
  }
}

@EventsContract('others')
class Others {
  @ContractEvent()
  lost(@Personal({ of: () => 'somebody else' }) text: string) {
    return { text };
  }
}

const CONTRACTS: RelayedContracts = {
  ...{ contracts: [describeContract(Others), describeContract(Letters)], contract: 'letters', codec: jsonCodec },
};
const FIELDS = { time: '"2020-05-05T00:00:00.000Z"', to: '"ada"', text: '"secret"', pages: '2' };

function message(like: Partial<Message> = {}): Message {
  return {
    ...{ id: 'id', source: 'shop', type: 'sent.v1', time: 1, key: 'k', correlationId: 'c', headers: NO_HEADERS },
    ...{ contentType: DEFAULT_CONTENT_TYPE, fields: FIELDS, personal: ['time', 'to', 'text'] },
    ...like,
  };
}

function failure(one: Message, like: Partial<RelayedContracts> = {}): unknown {
  try {
    return relayedMessage(one, { ...CONTRACTS, ...like });
  } catch (error) {
    return error;
  }
}

function without(gone: string): Message['fields'] {
  return Object.fromEntries(Object.entries(FIELDS).filter(([field]) => field !== gone));
}

describe('a relayed message', () => {
  it('says whose data it holds, by the arguments as its producer had them', () => {
    const sent = message();
    expect(relayedMessage(sent, CONTRACTS)).toEqual({ ...sent, dataSubjects: { time: 'ada-2020', to: 'ada' } });
    expect(sent).not.toHaveProperty('dataSubjects');
  });

  it('is the very message where there is nothing personal, whatever the event is', () => {
    const unknown = message({ type: 'unheard.v1', personal: [] });
    expect(relayedMessage(unknown, CONTRACTS)).toBe(unknown);
    const erasure = { subject: 'pseudonym', events: ['e-1'], fields: ['to'], time: 1 };
    const told = erasureMessage(describeContract(Letters), { key: 'k', erasure, codec: jsonCodec, source: 'shop' });
    expect(relayedMessage(told, CONTRACTS)).toBe(told);
  });

  it('has nobody where the contract names nobody, and is not decoded for that', () => {
    const burned = message({ type: 'burned.v1', personal: ['text'], fields: { text: 'no JSON' } });
    expect(relayedMessage(burned, CONTRACTS)).toEqual(burned);
  });

  it('has nothing of what was erased, and still says whose the rest is', () => {
    const relayed = relayedMessage(message({ fields: without('time'), erased: ['time'] }), CONTRACTS);
    expect(relayed.fields).toEqual(without('time'));
    expect(relayed.dataSubjects).toEqual({ to: 'ada' });
    const emptied = message({ fields: { pages: '2' }, erased: ['time', 'to', 'text'] });
    expect(relayedMessage(emptied, CONTRACTS)).toBe(emptied);
  });

  it('is refused, without a value, when whom the rest belongs to was erased with something else', () => {
    const error = failure(message({ fields: without('to'), erased: ['to'] }));
    expect(error).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'time' } });
    expect(String(error)).not.toContain('2020');
  });

  it('calls personal what its contract does by now', () => {
    const relayed = relayedMessage(message({ personal: ['text'] }), CONTRACTS);
    expect(relayed.personal).toEqual(['text', 'time', 'to']);
    expect(relayed.dataSubjects).toEqual({ time: 'ada-2020', to: 'ada' });
  });

  it('is refused when it is personal, and no contract of its stream has it', () => {
    const refused = { code: 'EB_ARGUMENT', details: { constraint: 'subject' } };
    expect(failure(message({ type: 'lost.v1' }))).toMatchObject(refused);
    expect(failure(message(), { contracts: [] })).toMatchObject(refused);
  });

  it('is refused, without a value, when it cannot be decoded', () => {
    const undecodable = { code: 'EB_UNDECODABLE' };
    const torn = failure(message({ fields: { ...FIELDS, to: '"ada' } }));
    expect(torn).toMatchObject(undecodable);
    expect(String(torn)).not.toContain('ada');
    expect(failure(message({ contentType: 'application/cbor' }))).toMatchObject(undecodable);
  });
});
