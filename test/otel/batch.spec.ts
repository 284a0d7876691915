import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ContractEvent,
  EventBackboneModule,
  EventBatchHandler,
  EventsContract,
  getProducerToken,
  InjectProducer,
  type EventBatch,
  type Producer,
} from 'nest-event-backbone';
import { tracing } from 'nest-event-backbone/otel';
import { EventBackboneTestingModule, EventRecorder } from 'nest-event-backbone/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { recordSpans } from './recorded-spans.js';

@EventsContract('readings')
class Readings {
  @ContractEvent()
  taken(number: number) {
    return { number };
  }

  @ContractEvent()
  summed(sum: number) {
    return { sum };
  }
}

@Injectable()
class Sums {
  constructor(@InjectProducer(Readings) private readonly readings: Producer<Readings>) {}

  @EventBatchHandler(Readings, (e) => e.taken, { maxSize: 3, maxWaitMs: 60_000 })
  async sum(batch: EventBatch<Readings, 'taken'>): Promise<void> {
    await this.readings.summed(batch.reduce((sum, { args: [number] }) => sum + number, 0));
  }
}

describe('a batch handler of a traced application', () => {
  it('has a span that is linked to the producers of its events, with what it produces below', async () => {
    const { tracerProvider, finished } = recordSpans();
    const app = await Test.createTestingModule({
      imports: [
        EventBackboneTestingModule.forRoot({ middleware: [tracing({ tracerProvider })] }),
        EventBackboneModule.forFeature([Readings]),
      ],
      providers: [Sums],
    })
      .setLogger(quietLogger().logger)
      .compile();
    onTestFinished(() => app.close());
    await app.init();
    const readings = app.get<Producer<Readings>>(getProducerToken(Readings));
    for (const number of [1, 2, 3]) await readings.taken(number);
    await app.get(EventRecorder).settled();
    const batches = finished().filter(({ attributes }) => attributes['messaging.batch.message_count'] === 3);
    const sent = finished().filter(({ name }) => name.startsWith('send '));
    const idsOf = (type: string) =>
      sent
        .filter(({ attributes }) => attributes['cloudevents.event_type'] === type)
        .map((span) => span.spanContext().spanId);
    expect(batches).toHaveLength(1);
    expect(batches[0]?.links.map(({ context }) => context.spanId)).toEqual(idsOf('taken.v1'));
    const summed = sent.find(({ attributes }) => attributes['cloudevents.event_type'] === 'summed.v1');
    expect(summed?.parentSpanContext?.spanId).toBe(batches[0]?.spanContext().spanId);
  });
});
