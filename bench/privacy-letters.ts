import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Backbone, EventBackboneModule, EventHandler, type EventBackboneOptions } from 'nest-event-backbone';
import { transformedChannel, type PayloadStore } from 'nest-event-backbone/core';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { cipherByHand } from './hand-cipher.js';
import { letterArguments, People } from './people.js';
import { cpuPerEvent, IN_FLIGHT, signal, type Round, type RoundResult, type Side } from './side.js';

/** What the handler does with a text; set by the round that runs. */
@Injectable()
class Seen {
  next: (text: string) => void = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(People, (e) => e.wrote)
  wrote(_person: string, text: string): void {
    this.seen.next(text);
  }
}

@Module({})
class BenchModule {}

/** Appends and reads personal texts, which are encrypted by hand on the same way, or by the library's `privacy`. */
export class Letters implements Side {
  readonly #keys = keysWithoutIndex();
  #application: INestApplicationContext | undefined;

  constructor(
    private readonly url: string,
    private readonly encrypted: 'by-hand' | 'by-privacy',
  ) {}

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    await this.#open(kind, 'none');
    if (!kind.startsWith('privacy-consume')) return;
    for (let i = 0; i < events; i += IN_FLIGHT) await this.#append(kind, i);
    await this.close();
    const caughtUp = signal();
    let seen = 0;
    await this.#open(kind, 'all', () => {
      if (++seen === events) caughtUp.fire();
    });
    await caughtUp.fired;
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind.startsWith('privacy-consume')) return this.#consume(kind, amount);
    return cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += IN_FLIGHT) await this.#append(kind, i);
    });
  }

  async close(): Promise<void> {
    await this.#application?.close();
  }

  async #open(kind: Round['kind'], consumers: 'all' | 'none', next: Seen['next'] = () => undefined): Promise<void> {
    this.#application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          ...this.#protection(kind),
          ...{ group: 'bench', environment: this.#environmentOf(kind), consumers },
        }),
        EventBackboneModule.forFeature([People]),
      ],
      providers: [{ provide: Seen, useValue: Object.assign(new Seen(), { next }) }, Handlers],
    });
    this.#application.enableShutdownHooks();
  }

  /** Who is in which event is kept on both sides, or on one: only `indexed` rounds have it in Redis. */
  #protection(kind: Round['kind']): Pick<EventBackboneOptions, 'channel' | 'privacy'> {
    const channel = redisChannel({ url: this.url });
    const isByHand = this.encrypted === 'by-hand';
    const isIndexed = kind.includes('indexed');
    const byHand = isByHand ? transformedChannel(channel, [cipherByHand]) : channel;
    if (isByHand && isIndexed) return { channel: byHand };
    return {
      channel: byHand,
      privacy: {
        secret: 'the secret of the bench',
        keys: { store: this.#keys, wrapping: { current: 'bench', keys: { bench: Buffer.alloc(32, 1) } } },
        encrypt: !isByHand,
        ...(isIndexed && { index: redisPayloadStore({ url: this.url, prefix: 'bench-index' }) }),
      },
    };
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }

  async #append(kind: Round['kind'], from: number): Promise<void> {
    const producer = this.#opened.get(Backbone).producer(People);
    const length = lengthIn(kind);
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, (_, i) => producer.wrote(...letterArguments(from + i, length))),
    );
  }

  /** Reads everything again. */
  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const length = lengthIn(kind);
    const finished = signal();
    let seen = 0;
    this.#opened.get(Seen).next = (text) => {
      if (text.length !== length) throw new Error('not the text that was written');
      if (++seen === events) finished.fire();
    };
    return cpuPerEvent(events, async () => {
      const stream = { environment: this.#environmentOf(kind), contract: 'bench-people' };
      await this.#opened.get(Backbone).channel.admin.reset(stream, 'bench', 'beginning');
      await finished.fired;
    });
  }

  #environmentOf(kind: Round['kind']): string {
    return `bench-${kind}-${this.encrypted}`;
  }
}

/** The length of the texts stands at the end of a round's name. */
function lengthIn(kind: Round['kind']): number {
  return Number(/\d+$/.exec(kind)?.[0]);
}

/** Keeps data keys inside the process, over several applications, and forgets which events are whose. */
function keysWithoutIndex(): PayloadStore {
  const store = memoryPayloadStore();
  return {
    put: (entries, options) =>
      store.put(
        entries.filter(({ eventId }) => !eventId.startsWith('subject.')),
        options,
      ),
    get: (keys) => store.get(keys),
    erase: (keys) => store.erase(keys),
    list: (eventId) => store.list(eventId),
    close: () => Promise.resolve(),
  };
}
