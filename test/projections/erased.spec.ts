import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  ContractEvent,
  createProducer,
  describeContract,
  ERASED,
  erasureMessage,
  EventsContract,
  Field,
  jsonCodec,
  Personal,
  type Erased,
  type Erasure,
} from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import {
  defineProjection,
  memoryReadModel,
  PROJECTION_DIAGNOSTICS,
  ProjectionRunner,
  type MemoryTransaction,
  type ProjectionDiagnostic,
} from 'nest-event-backbone/projections';
import { describe, expect, it, onTestFinished } from 'vitest';

@EventsContract('people')
class People {
  @ContractEvent()
  joined(@Personal() name: string) {
    return { name };
  }

  @ContractEvent()
  rated(@Personal({ erasable: true }) @Field({ type: () => String }) by: string | Erased, stars: number) {
    return { by, stars };
  }
}

const STREAM = { environment: 'default', contract: 'people' };

function scene() {
  const channel = memoryChannel();
  const model = memoryReadModel();
  const rows: unknown[] = [];
  const projection = defineProjection<People, MemoryTransaction>(People, {
    name: 'names',
    on: {
      joined: (name) => rows.push(['joined', name]),
      rated: (by, stars) => rows.push(['rated', by, stars]),
      $erased: ({ events }, { type }) => rows.push([type, events]),
    },
  });
  const runner = new ProjectionRunner({ projection, channel, model, environment: 'default' });
  onTestFinished(() => runner.stop(1_000));
  return { channel, rows, runner, people: createProducer(People, { channel, environment: 'default', source: 'test' }) };
}

describe('a projection', () => {
  it('passes over an event whose argument was erased and goes on, and counts and says it', async () => {
    const { channel, rows, runner, people } = scene();
    const said: ProjectionDiagnostic[] = [];
    const listen = (event: unknown) => {
      if ((event as ProjectionDiagnostic).channel === channel) said.push(event as ProjectionDiagnostic);
    };
    subscribe(PROJECTION_DIAGNOSTICS, listen);
    onTestFinished(() => void unsubscribe(PROJECTION_DIAGNOSTICS, listen));
    const { id } = await people.joined('Ada');
    await people.joined('Bob');
    const rated = await people.rated('Ada', 5);
    await channel.admin.erase(STREAM, [id, rated.id]);
    runner.start();
    await runner.waitFor(rated.position);
    expect(rows).toEqual([
      ['joined', 'Bob'],
      ['rated', ERASED, 5],
    ]);
    expect(await runner.state()).toMatchObject({ status: 'live', projected: 3, erased: 1, skipped: 0 });
    expect(await runner.skipped()).toEqual([]);
    expect(said.filter(({ kind }) => kind === 'erased')).toMatchObject([{ eventId: id, type: 'joined.v1' }]);
  });

  it('is told what was erased, when it asks for that', async () => {
    const { channel, rows, runner } = scene();
    const erasure: Erasure = { events: ['e-1'], fields: ['name'], time: 7 };
    const about = { key: 'k', erasure, codec: jsonCodec, source: 'test' };
    const [published] = await channel.publish(STREAM, [erasureMessage(describeContract(People), about)]);
    runner.start();
    await runner.waitFor(published?.position ?? []);
    expect(rows).toEqual([['$erased.v1', ['e-1']]]);
  });
});
