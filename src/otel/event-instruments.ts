import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { EventDiagnostic } from '../core/index.js';
import { ATTRIBUTES, destinationOf } from './messaging-attributes.js';

/** What OpenTelemetry's conventions for messaging ask for: how many events are sent and consumed, and how long it takes. */
export class EventInstruments {
  readonly #system: string;
  readonly #sent: Counter;
  readonly #consumed: Counter;
  readonly #operation: Histogram;
  readonly #process: Histogram;

  constructor(meter: Meter, system: string) {
    this.#system = system;
    this.#sent = meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Events that producers were called for, and that relays have sent.',
    });
    this.#consumed = meter.createCounter('messaging.client.consumed.messages', {
      unit: '{message}',
      description: 'Events that handlers were called for or relays had in hand, and what became of them.',
    });
    const advice = { explicitBucketBoundaries: [...BUCKETS_S] };
    this.#operation = meter.createHistogram('messaging.client.operation.duration', {
      ...{ unit: 's', advice },
      description: 'From the call of a producer, or the first try of a relay, until the server has confirmed.',
    });
    this.#process = meter.createHistogram('messaging.process.duration', {
      ...{ unit: 's', advice },
      description:
        'From the first try of a handler to the end of the last one, pauses included; of a relay, from the event in hand.',
    });
  }

  /** Counts one event. */
  add({ kind, stream, group, type, durationMs, outcome, errorType }: EventDiagnostic): void {
    const operation = kind === 'sent' ? 'send' : 'process';
    const attributes: Attributes = {
      [ATTRIBUTES.system]: this.#system,
      [ATTRIBUTES.operationName]: operation,
      [ATTRIBUTES.operationType]: operation,
      [ATTRIBUTES.destination]: destinationOf(stream),
      [ATTRIBUTES.eventType]: type,
    };
    if (group !== undefined) attributes[ATTRIBUTES.group] = group;
    if (errorType !== undefined) attributes[ATTRIBUTES.errorType] = errorType;
    (kind === 'sent' ? this.#operation : this.#process).record(durationMs / 1000, attributes);
    if (kind === 'sent') this.#sent.add(1, attributes);
    else this.#consumed.add(1, { ...attributes, [ATTRIBUTES.outcome]: outcome });
  }
}

/** Seconds; the conventions name these. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
