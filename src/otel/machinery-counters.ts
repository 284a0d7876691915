import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { ChannelDiagnostic, ConsumerDiagnostic, Stream } from '../core/index.js';
import { ATTRIBUTES, destinationOf } from './messaging-attributes.js';

/** Counts what happens outside of the normal course: to a channel, and to the events of its consumers. */
export class MachineryCounters {
  readonly #system: string;
  readonly #counters: Readonly<Record<keyof typeof COUNTERS, Counter>>;
  readonly #drain: Histogram;
  #waiting = false;

  constructor(meter: Meter, system: string) {
    this.#system = system;
    const counter = (name: keyof typeof COUNTERS) => {
      const [unit, description] = COUNTERS[name];
      return meter.createCounter(`event_backbone.${name}`, { unit, description });
    };
    this.#counters = {
      retries: counter('retries'),
      dead_letters: counter('dead_letters'),
      erased: counter('erased'),
      claims: counter('claims'),
      lease_losses: counter('lease_losses'),
      reconnects: counter('reconnects'),
      faults: counter('faults'),
    };
    this.#drain = meter.createHistogram('event_backbone.drain.duration', {
      unit: 's',
      description: 'How long a consumer that stops takes to let its handlers finish.',
      advice: { explicitBucketBoundaries: [0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30, 60] },
    });
  }

  /** Counts what a channel tells. */
  onChannel({ kind, stream, group, count = 1 }: ChannelDiagnostic): void {
    const add = (name: keyof typeof COUNTERS, value: number, more?: Attributes) =>
      this.#counters[name].add(value, { ...this.#about(stream, group), ...more });
    switch (kind) {
      case 'claimed':
        add('claims', count);
        return;
      case 'leaseLost':
        add('lease_losses', count);
        return;
      case 'ready':
        // The first time it is no reconnect.
        if (this.#waiting) add('reconnects', 1);
        this.#waiting = false;
        return;
      case 'waiting':
      case 'fault':
      case 'groupRecreated':
      case 'lostToTrim':
        if (kind === 'waiting') this.#waiting = true;
        add('faults', 1, { [ATTRIBUTES.kind]: kind });
    }
  }

  /** Counts what a consumer tells. */
  onConsumer(event: ConsumerDiagnostic): void {
    const { kind, stream, group, type, count = 1, deadLetter, durationMs = 0 } = event;
    const about = this.#about(stream, group);
    if (type !== undefined) about[ATTRIBUTES.eventType] = type;
    switch (kind) {
      case 'retry':
        this.#counters.retries.add(1, about);
        return;
      case 'deadLetter': {
        const why = { [ATTRIBUTES.kind]: deadLetter?.kind, [ATTRIBUTES.errorType]: deadLetter?.code };
        this.#counters.dead_letters.add(1, { ...about, ...why });
        return;
      }
      case 'erased':
        this.#counters.erased.add(1, about);
        return;
      case 'leaseLost':
        this.#counters.lease_losses.add(count, about);
        return;
      case 'stopped':
        this.#drain.record(durationMs / 1000, about);
        return;
      case 'settleFailed':
      case 'failed':
        this.#counters.faults.add(1, { ...about, [ATTRIBUTES.kind]: kind });
    }
  }

  #about(stream: Stream | undefined, group: string | undefined): Attributes {
    const attributes: Attributes = { [ATTRIBUTES.system]: this.#system };
    if (stream) attributes[ATTRIBUTES.destination] = destinationOf(stream);
    if (group !== undefined) attributes[ATTRIBUTES.group] = group;
    return attributes;
  }
}

/** Unit and description of each. */
const COUNTERS = {
  retries: ['{try}', 'Tries of a handler that failed and were followed by another one.'],
  dead_letters: ['{event}', 'Events that were set aside.'],
  erased: ['{event}', 'Events that were passed over, because an argument that their handler needs was erased.'],
  claims: ['{event}', 'Events that were taken over from a consumer that was gone.'],
  lease_losses: ['{event}', 'Events in hand that another consumer has taken over.'],
  reconnects: ['{reconnect}', 'How often the server was there again after it had been waited for.'],
  faults: ['{fault}', 'Troubles of a channel and of its consumers, by kind.'],
} as const;
