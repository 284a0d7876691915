import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_CONTENT_TYPE,
  NO_HEADERS,
  type Batch,
  type Delivery,
  type Message,
  type Subscription,
  type TrimLimits,
} from '../core/index.js';
import { memoryChannel, type MemoryChannel } from './memory-channel.js';

const stream = { environment: 'test', contract: 'orders' };
const GROUPS = ['packing', 'billing'];
const reason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;

type Step =
  | { readonly what: 'publish'; readonly count: number }
  | { readonly what: 'take' | 'giveBack'; readonly group: number; readonly consumer: number }
  | { readonly what: 'settle'; readonly group: number; readonly consumer: number; readonly which: number }
  | { readonly what: 'setAside'; readonly group: number; readonly consumer: number; readonly which: number }
  | { readonly what: 'trim'; readonly until: number; readonly keep: number | undefined };

const who = { group: fc.nat(GROUPS.length - 1), consumer: fc.nat(1) };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ what: fc.constantFrom('take' as const, 'giveBack' as const), ...who }),
  { weight: 4, arbitrary: fc.record({ what: fc.constant('settle' as const), ...who, which: fc.nat(9) }) },
  fc.record({ what: fc.constant('setAside' as const), ...who, which: fc.nat(9) }),
  fc.record({
    what: fc.constant('trim' as const),
    until: fc.nat(40),
    keep: fc.option(fc.nat(5), { nil: undefined }),
  }),
);

describe('trimming', () => {
  it('never removes an event that a group has not settled or has set aside, in whatever order they settle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const model = new Model();
        for (const one of steps) {
          await model.take(one);
          const left = await model.left();
          expect(model.needed.filter((id) => !left.has(id))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('removes everything once every group has settled it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const model = new Model();
        for (const one of steps) if (one.what !== 'setAside') await model.take(one);
        await model.settleEverything();
        await model.trim({ keep: 0 });
        expect([...(await model.left())]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

interface Consumer {
  readonly subscription: Subscription;
  readonly batches: AsyncIterator<Batch, undefined>;
  readonly held: Delivery[];
}

/** A channel, and what must be true of it. */
class Model {
  readonly #channel: MemoryChannel = memoryChannel();
  readonly #published: string[] = [];
  readonly #settled = GROUPS.map(() => new Set<string>());
  readonly #setAside = new Set<string>();
  readonly #consumers = new Map<string, Consumer>();

  constructor() {
    // A group that begins later has no right to what was trimmed before.
    for (const group of GROUPS.keys()) this.#consumer(group, 0);
  }

  /** Those that some group has not settled, or has set aside. */
  get needed(): readonly string[] {
    return this.#published.filter((id) => this.#setAside.has(id) || this.#settled.some((settled) => !settled.has(id)));
  }

  async take(step: Step): Promise<void> {
    switch (step.what) {
      case 'publish':
        return this.#publish(step.count);
      case 'trim':
        return this.trim({ until: [{ partition: 0, id: String(step.until) }], keep: step.keep });
      case 'take':
        return this.#handOut(step.group, step.consumer);
      case 'giveBack':
        return this.#giveBack(step.group, step.consumer);
      default:
        return this.#settle(step.group, step.consumer, step.which, step.what === 'setAside');
    }
  }

  async trim(limits: TrimLimits): Promise<void> {
    await this.#channel.admin.trim(stream, limits);
  }

  async left(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for await (const batch of this.#channel.read({ stream }))
      for (const { message } of batch) ids.add(message?.id ?? '');
    return ids;
  }

  async settleEverything(): Promise<void> {
    for (const group of GROUPS.keys()) {
      // What the other one held comes to this one.
      await this.#giveBack(group, 1);
      while ((await this.#unsettled(group)) > 0) {
        await this.#handOut(group, 0);
        while (this.#heldBy(group, 0).length > 0) await this.#settle(group, 0, 0, false);
      }
    }
  }

  async #publish(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => message(`e${this.#published.length + i}`));
    this.#published.push(...messages.map(({ id }) => id));
    await this.#channel.publish(stream, messages);
  }

  async #handOut(group: number, number: number): Promise<void> {
    const consumer = this.#consumer(group, number);
    // With nothing to take it would wait.
    if ((await this.#unsettled(group)) === this.#heldBy(group, 0).length + this.#heldBy(group, 1).length) return;
    const { value } = await consumer.batches.next();
    consumer.held.push(...(value?.deliveries ?? []));
  }

  async #unsettled(group: number): Promise<number> {
    const state = await this.#channel.admin.state(stream, GROUPS[group] ?? '');
    return (state?.lag ?? 0) + (state?.pending ?? 0);
  }

  #heldBy(group: number, number: number): Delivery[] {
    return this.#consumers.get(`${group}:${number}`)?.held ?? [];
  }

  async #giveBack(group: number, number: number): Promise<void> {
    const consumer = this.#consumers.get(`${group}:${number}`);
    this.#consumers.delete(`${group}:${number}`);
    await consumer?.subscription.close();
  }

  async #settle(group: number, number: number, which: number, aside: boolean): Promise<void> {
    const held = this.#heldBy(group, number);
    const [delivery] = held.splice(which % Math.max(held.length, 1), 1);
    if (!delivery) return;
    const settlement = aside ? { delivery, deadLetter: reason } : { delivery };
    const lost = await this.#consumer(group, number).subscription.settle([settlement]);
    if (lost.length > 0) throw new Error('a consumer lost what it held');
    const id = delivery.message?.id ?? '';
    this.#settled[group]?.add(id);
    if (aside) this.#setAside.add(id);
  }

  #consumer(group: number, number: number): Consumer {
    const known = this.#consumers.get(`${group}:${number}`);
    if (known) return known;
    const subscription = this.#channel.subscribe({ stream, group: GROUPS[group] ?? '', batchSize: 3 });
    const consumer = { subscription, batches: subscription[Symbol.asyncIterator](), held: [] };
    this.#consumers.set(`${group}:${number}`, consumer);
    return consumer;
  }
}

function message(id: string): Message {
  return {
    id,
    source: 'test',
    type: 'placed.v1',
    time: 0,
    key: id,
    correlationId: id,
    contentType: DEFAULT_CONTENT_TYPE,
    headers: NO_HEADERS,
    fields: { a: '1' },
    personal: [],
  };
}
