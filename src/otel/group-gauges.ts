import type { Attributes, BatchObservableResult, Counter, Meter, ObservableGauge } from '@opentelemetry/api';
import type { ConsumerState, Stream } from '../core/index.js';
import type { Measured, MeasuredGroup } from './measured.js';
import { ATTRIBUTES, destinationOf } from './messaging-attributes.js';
import { SharedPoll } from './shared-poll.js';

/** How the groups stand, looked at when metrics are collected. */
export class GroupGauges {
  readonly #meter: Meter;
  readonly #measured: Measured;
  readonly #system: string;
  readonly #poll: SharedPoll<readonly MeasuredGroup[]>;
  readonly #unanswered: Counter;
  readonly #ofGroups: readonly (readonly [ObservableGauge, (group: MeasuredGroup) => number | undefined])[];
  readonly #ofConsumers: readonly (readonly [ObservableGauge, (state: ConsumerState) => number])[];

  constructor(
    meter: Meter,
    measured: Measured,
    how: { readonly system: string; readonly pollMs: number; readonly pollTimeoutMs: number },
  ) {
    this.#meter = meter;
    this.#measured = measured;
    this.#system = how.system;
    this.#poll = new SharedPoll(() => measured.groups(), { freshMs: how.pollMs, patienceMs: how.pollTimeoutMs });
    this.#unanswered = meter.createCounter('event_backbone.group.unanswered', {
      unit: '{poll}',
      description: 'How often the server did not tell in time how its groups stand.',
    });
    const gauge = (name: string, unit: string, description: string) =>
      meter.createObservableGauge(`event_backbone.${name}`, { unit, description });
    this.#ofGroups = GROUP_GAUGES.map(([name, unit, description, read]) => [gauge(name, unit, description), read]);
    this.#ofConsumers = CONSUMER_GAUGES.map(([name, unit, text, read]) => [gauge(name, unit, text), read]);
  }

  open(): void {
    this.#meter.addBatchObservableCallback(this.#observe, this.#all());
  }

  close(): void {
    this.#meter.removeBatchObservableCallback(this.#observe, this.#all());
  }

  #all(): ObservableGauge[] {
    return [...this.#ofGroups, ...this.#ofConsumers].map(([gauge]) => gauge);
  }

  readonly #observe = async (result: BatchObservableResult): Promise<void> => {
    for (const state of this.#measured.states()) {
      for (const [gauge, read] of this.#ofConsumers) result.observe(gauge, read(state), this.#about(state));
    }
    const groups = await this.#poll.latest();
    // Also when it has told: a rate needs a first value to rise from.
    this.#unanswered.add(groups ? 0 : 1, { [ATTRIBUTES.system]: this.#system });
    for (const group of groups ?? []) {
      for (const [gauge, read] of this.#ofGroups) {
        const value = read(group);
        if (value !== undefined) result.observe(gauge, value, this.#about(group));
      }
    }
  };

  #about({ stream, group }: { readonly stream: Stream; readonly group: string }): Attributes {
    return {
      [ATTRIBUTES.system]: this.#system,
      [ATTRIBUTES.destination]: destinationOf(stream),
      [ATTRIBUTES.group]: group,
    };
  }
}

type GaugeOf<T> = readonly [name: string, unit: string, description: string, read: T];

const GROUP_GAUGES: readonly GaugeOf<(group: MeasuredGroup) => number | undefined>[] = [
  ['group.lag', '{event}', 'Events that were not handed out yet.', ({ lag }) => lag],
  ['group.lag.age', 's', 'How long the oldest of them has been waiting.', ({ lag, lagMs }) => age(lag, lagMs)],
  ['group.pending', '{event}', 'Events that were handed out and not settled.', ({ pending }) => pending],
  [
    ...(['group.pending.age', 's', 'How long ago the oldest of them was stored.'] as const),
    ({ pending, oldestPendingMs }) => age(pending, oldestPendingMs),
  ],
  ['group.retrying', '{event}', 'How many of the pending events have failed before.', ({ retrying }) => retrying],
  ['group.dead_letters', '{event}', 'Events that are set aside now.', ({ deadLetters }) => deadLetters],
  [
    'group.parked_keys',
    '{key}',
    'Keys whose events are set aside behind one that failed.',
    (group) => group.parkedKeys,
  ],
  ['group.consumers', '{consumer}', 'Consumers of the group, wherever they run.', ({ consumers }) => consumers],
];

const CONSUMER_GAUGES: readonly GaugeOf<(state: ConsumerState) => number>[] = [
  ['consumer.in_flight', '{event}', 'Events that this process has read and not settled.', ({ inFlight }) => inFlight],
  ['consumer.running', '{event}', 'Those of them whose handler has begun.', ({ running }) => running],
];

/** In seconds; none of something is no age, and is told as 0, so that a curve falls. */
function age(count: number | undefined, ms: number | undefined): number | undefined {
  return ms === undefined ? (count === 0 ? 0 : undefined) : ms / 1000;
}
