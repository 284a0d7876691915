import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { metrics, type MeterProvider } from '@opentelemetry/api';
import {
  DIAGNOSTICS,
  innermost,
  type Channel,
  type ChannelDiagnostic,
  type ConsumerDiagnostic,
  type EventDiagnostic,
} from '../core/index.js';
import { GroupGauges } from './group-gauges.js';
import { MachineryCounters } from './machinery-counters.js';
import type { Measured } from './measured.js';
import { SCOPE, systemOf } from './messaging-attributes.js';
import { EventInstruments } from './event-instruments.js';

/** How metrics are taken. */
export interface EventMetricsOptions {
  /** What carries the events, for `messaging.system`: `redis`, `kafka`, `postgresql`. Default: what the channel says. */
  readonly system?: string;
  /** Who makes the instruments. Default: the one that is registered globally. */
  readonly meterProvider?: MeterProvider;
  /** How often the server is asked at most how its groups stand. Default 5 000. */
  readonly pollMs?: number;
  /** How long a collection waits for that answer; without it, it has no figures of groups. Default 2 000. */
  readonly pollTimeoutMs?: number;
}

/**
 * Counts and times the events of one channel in this process, between `open` and `close`. As a provider of a Nest
 * application it is opened before the consumers start, and closed when they have been drained.
 */
export class EventMetrics {
  readonly #channel: Channel;
  readonly #gauges: GroupGauges;
  readonly #events: EventInstruments;
  readonly #machinery: MachineryCounters;

  constructor(measured: Measured, options: EventMetricsOptions = {}) {
    const { system = systemOf(measured.channel), pollMs = 5_000, pollTimeoutMs = 2_000 } = options;
    const meter = (options.meterProvider ?? metrics).getMeter(SCOPE);
    this.#channel = innermost(measured.channel);
    this.#events = new EventInstruments(meter, system);
    this.#machinery = new MachineryCounters(meter, system);
    this.#gauges = new GroupGauges(meter, measured, { system, pollMs, pollTimeoutMs });
  }

  /** Begins to listen. Idempotent. */
  open(): void {
    this.close();
    for (const [name, listener] of this.#listeners) subscribe(name, listener);
    this.#gauges.open();
  }

  /** Stops listening. Idempotent. */
  close(): void {
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener);
    this.#gauges.close();
  }

  /** Called by Nest. */
  onModuleInit(): void {
    this.open();
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.close();
  }

  readonly #listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    [
      DIAGNOSTICS.event,
      (message) => {
        const event = message as EventDiagnostic;
        if (this.#isOwn(event)) this.#events.add(event);
      },
    ],
    [
      DIAGNOSTICS.channel,
      (message) => {
        const event = message as ChannelDiagnostic;
        if (this.#isOwn(event)) this.#machinery.onChannel(event);
      },
    ],
    [
      DIAGNOSTICS.consumer,
      (message) => {
        const event = message as ConsumerDiagnostic;
        if (this.#isOwn(event)) this.#machinery.onConsumer(event);
      },
    ],
  ];

  /** Other applications in the process speak here, too. */
  #isOwn({ channel }: { readonly channel: Channel }): boolean {
    return innermost(channel) === this.#channel;
  }
}
