import { Injectable } from '@nestjs/common';
import {
  ContractEvent,
  DeadLetters,
  ERASED,
  Erased,
  EventBackboneModule,
  EventBatchHandler,
  EventHandler,
  EventsContract,
  Field,
  getProducerToken,
  InjectProducer,
  Personal,
  Project,
  Projection,
  ProjectionModule,
  Projections,
  type Erasure,
  type EventBatch,
  type EventContext,
  type Producer,
} from 'nest-event-backbone';
import { describeContract, erasureMessage, jsonCodec } from 'nest-event-backbone/core';
import { memoryReadModel } from 'nest-event-backbone/projections';
import { IsEmail } from 'class-validator';
import { describe, expect, it, vi } from 'vitest';
import { startApplication } from './start-application.js';

class Guest {
  @IsEmail()
  email!: string;
}

@EventsContract('stays')
class Stays {
  @ContractEvent()
  booked(@Personal({ of: ({ guest }: { guest: Guest }) => guest.email }) guest: Guest, room: number) {
    return { guest, room };
  }

  @ContractEvent()
  rated(@Personal({ erasable: true }) @Field({ type: () => Guest }) guest: Guest | Erased, stars: number) {
    return { guest, stars };
  }
}

const STREAM = { environment: 'default', contract: 'stays' };
const ADA = { email: 'ada@example.org' };
const PATIENCE = { timeout: 20_000 };

/** An application that does not read yet: events are erased first. */
async function start(providers: (new (...args: never[]) => object)[], imports: object[] = []) {
  const started = await startApplication(
    { providers, imports: [EventBackboneModule.forFeature([Stays]), ...(imports as [])] },
    { autoStart: false },
  );
  const { app, backbone } = started;
  const stays = app.get<Producer<Stays>>(getProducerToken(Stays));
  const erase = async (...ids: readonly string[]) => {
    await backbone.channel.admin.erase(STREAM, ids);
    const erasure: Erasure = { events: ids, fields: ['guest'], time: 7 };
    const about = { key: 'k', erasure, codec: jsonCodec, source: 'test' };
    await backbone.channel.publish(STREAM, [erasureMessage(describeContract(Stays), about)]);
  };
  return { ...started, stays, erase };
}

describe('handlers of events whose data was erased', () => {
  it('are given ERASED where the contract lets them, past the checks of their arguments, and do not run elsewhere', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Handlers {
      @EventHandler(Stays, (e) => e.booked)
      booked(guest: Guest, room: number): void {
        seen.push(['booked', guest.email, room]);
      }

      @EventHandler(Stays, (e) => e.rated)
      rated(guest: Guest | Erased, stars: number): void {
        seen.push(['rated', guest instanceof Erased ? 'nobody' : guest.email, stars]);
      }
    }
    const { backbone, stays, erase, logged } = await start([Handlers]);
    const ids = [(await stays.booked(ADA, 1)).id, (await stays.rated(ADA, 5)).id];
    await stays.booked(ADA, 2);
    await erase(...ids);
    backbone.start();
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ handled: 2, erased: 1, skipped: 1 }]), PATIENCE);
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual(['rated', 'nobody', 5]);
    expect(seen).toContainEqual(['booked', ADA.email, 2]);
    expect(backbone.states()).toMatchObject([{ deadLetters: 0 }]);
    expect(logged.filter((line) => line.includes('was erased'))).toEqual([
      expect.stringMatching(new RegExp(`^log passed over booked.v1 ${ids[0] ?? ''} of default:stays in test:`)),
    ]);
  });

  it('are told what was erased by an event of its own, one by one and in batches', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Told {
      @EventHandler(Stays, (e) => e.$erased)
      one({ events }: Erasure, { type }: EventContext): void {
        seen.push([type, events]);
      }

      @EventBatchHandler(Stays, (e) => e.$erased, { group: 'batches' })
      many(batch: readonly { readonly args: readonly [Erasure] }[]): void {
        seen.push(batch.map(({ args: [{ fields }] }) => fields));
      }
    }
    const { backbone, stays, erase, logged } = await start([Told]);
    const { id } = await stays.booked(ADA, 1);
    await erase(id);
    backbone.start();
    await vi.waitFor(() => expect(seen).toHaveLength(2), PATIENCE);
    expect(seen).toContainEqual(['$erased.v1', [id]]);
    expect(seen).toContainEqual([['guest']]);
    expect(logged.join('\n')).toMatch(/Told\.one +-> stays\.\$erased\.v1/);
  });

  it('keep their batch without it', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Batches {
      @EventBatchHandler(Stays, (e) => e.booked)
      booked(batch: EventBatch<Stays, 'booked'>): void {
        seen.push(...batch.map(({ args: [, room] }) => room));
      }
    }
    const { backbone, stays, erase } = await start([Batches]);
    const { id } = await stays.booked(ADA, 1);
    await stays.booked(ADA, 2);
    await erase(id);
    backbone.start();
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ handled: 1, erased: 1 }]), PATIENCE);
    expect(seen).toEqual([2]);
  });
});

describe('projections of events whose data was erased', () => {
  it('take in $erased, and pass over what they cannot do without', async () => {
    const seen: unknown[] = [];
    @Projection('guests', { contract: Stays })
    class Guests {
      @Project(Stays, (e) => e.booked)
      booked(guest: Guest): void {
        seen.push(guest.email);
      }

      @Project(Stays, (e) => e.$erased)
      erased({ events }: Erasure): void {
        seen.push(events);
      }
    }
    const { app, stays, erase } = await start(
      [Guests],
      [ProjectionModule.forRoot({ model: memoryReadModel(), projections: 'none' })],
    );
    const { id } = await stays.booked(ADA, 1);
    await erase(id);
    const { position } = await stays.booked({ email: 'bob@example.org' }, 2);
    const projections = app.get(Projections);
    projections.run('guests');
    await projections.waitFor('guests', position);
    expect(seen).toEqual([[id], 'bob@example.org']);
    expect(await projections.state('guests')).toMatchObject({ erased: 1, skipped: 0 });
  });
});

describe('dead letters of events whose data was erased', () => {
  it('are shown with what is left', async () => {
    @Injectable()
    class Failing {
      constructor(@InjectProducer(Stays) readonly stays: Producer<Stays>) {}

      @EventHandler(Stays, (e) => e.booked, { retry: { attempts: 1 } })
      booked(): void {
        throw new Error('no');
      }
    }
    const { app, backbone, stays } = await start([Failing]);
    const { id } = await stays.booked(ADA, 1);
    backbone.start();
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ deadLetters: 1, inFlight: 0 }]), PATIENCE);
    await backbone.channel.admin.erase(STREAM, [id]);
    const letters = app.get(DeadLetters);
    const [letter] = await letters.list(Stays);
    expect(await letters.show(Stays, letter?.id ?? '')).toMatchObject({ args: { guest: ERASED, room: 1 } });
  });
});
