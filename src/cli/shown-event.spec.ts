import { describe, expect, it } from 'vitest';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  jsonCodec,
  NO_HEADERS,
  Personal,
  upcast,
  type Message,
} from '../core/index.js';
import { shownEvent } from './shown-event.js';

@EventsContract('people')
class People {
  @ContractEvent()
  joined(@Personal() name: string, age: number) {
    return { name, age };
  }

  @ContractEvent({ version: 2, upcast: [upcast(1, 2, { name: ({ first }: { first: string }) => first })] })
  moved(@Personal() name: string, age: number) {
    return { name, age };
  }
}

const HOW = { codec: jsonCodec, contracts: [describeContract(People)], personal: false };
const PLACE = { position: { partition: 0, id: '1' }, appendedAt: 0 };

function message(fields: Message['fields'], more: Partial<Message> = {}): Message {
  return {
    ...{ id: 'e-1', source: 'test', type: 'joined.v1', time: 0, key: 'k', correlationId: 'e-1' },
    ...{ contentType: 'application/json', headers: NO_HEADERS, fields, personal: [] },
    ...more,
  };
}

describe('an event that is shown', () => {
  it('hides what the contract calls personal, although the event does not', () => {
    const shown = shownEvent({ ...PLACE, message: message({ name: '"Ada"', age: '36' }) }, HOW);
    expect(shown).toMatchObject({ args: { name: '[personal]', age: 36 }, hidden: ['name'] });
  });

  it('hides what the event calls personal, although no contract is known', () => {
    const read = { ...PLACE, message: message({ age: '36' }, { type: 'left.v1', personal: ['age'] }) };
    expect(shownEvent(read, { ...HOW, contracts: [] })).toMatchObject({ args: { age: '[personal]' }, hidden: ['age'] });
  });

  it('hides what a personal argument may be made of, in an older version', () => {
    const old = message({ first: '"Ada"', age: '36' }, { type: 'moved.v1' });
    expect(shownEvent({ ...PLACE, message: old }, HOW)).toMatchObject({ args: { first: '[personal]', age: 36 } });
  });

  it('shows it when it is asked to', () => {
    const shown = shownEvent({ ...PLACE, message: message({ name: '"Ada"' }) }, { ...HOW, personal: true });
    expect(shown).toMatchObject({ args: { name: 'Ada' }, hidden: [] });
  });

  it('says what cannot be read, and never quotes it', () => {
    const fields = { age: 'Ada Canary', far: { store: 'heavy', size: 9 }, sealed: Buffer.from([0xff, 0x00]) };
    const { args } = shownEvent({ ...PLACE, message: message(fields) }, HOW);
    expect(args?.['far']).toHaveProperty('$unreadable');
    expect(args?.['age']).toHaveProperty('$unreadable');
    expect(args?.['sealed']).toHaveProperty('$unreadable');
    expect(JSON.stringify(args)).not.toContain('Canary');
    expect(shownEvent(PLACE, HOW)).toMatchObject({ unreadable: 'the entry is no event' });
  });

  it('shows the arguments that are wanted, with their segments', () => {
    const fields = { 'address.public': '1', 'address.contact': '2', addressee: '3' };
    const shown = shownEvent({ ...PLACE, message: message(fields) }, { ...HOW, fields: ['address'] });
    expect(shown.args).toEqual({ 'address.public': 1, 'address.contact': 2 });
  });
});
