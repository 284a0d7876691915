import { describe, expect, it } from 'vitest';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  jsonCodec,
  Personal,
  upcast,
  type Message,
} from '../core/index.js';
import { eventView } from './event-view.js';
import { WHOLE } from './shown-value.js';

@EventsContract('people')
class People {
  @ContractEvent({
    version: 2,
    upcast: [upcast(1, 2, { name: (old: { first: string }) => old.first })],
  })
  moved(@Personal() name: string, city: string) {
    return { name, city };
  }
}

const message: Message = {
  ...{ id: 'e', source: 's', type: 'moved.v1', time: 0, key: 'k', correlationId: 'e' },
  ...{ contentType: 'application/json', headers: {}, personal: [] },
  fields: { first: '"Ada"', city: '"London"' },
};
const event = { position: { partition: 0, id: '1' }, appendedAt: 0, message };

describe('an event of an older version', () => {
  it('hides what may be personal only through its upcaster, and shows what is an argument still', () => {
    const showing = { contracts: [describeContract(People)], codec: jsonCodec, personal: false, limits: WHOLE };
    expect(eventView(event, showing).arguments).toEqual({ first: { $personal: true }, city: 'London' });
    expect(eventView(event, { ...showing, personal: true }).arguments).toEqual({ first: 'Ada', city: 'London' });
  });
});
