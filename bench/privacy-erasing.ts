import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Backbone, EventBackboneModule, Privacy } from 'nest-event-backbone';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { letterArguments, People } from './people.js';
import { IN_FLIGHT, perSecond, type Round, type RoundResult, type Side } from './side.js';

const LETTER_BYTES = 200;

@Module({})
class BenchModule {}

/** Writes letters of one person, and erases that person; events, keys and index are all on one Redis. */
export class Erasing implements Side {
  #application: INestApplicationContext | undefined;
  /** Each round has a person of its own. */
  #people = 0;

  constructor(private readonly url: string) {}

  async prepare(kind: Round['kind']): Promise<void> {
    const store = redisPayloadStore({ url: this.url, prefix: 'bench-privacy' });
    const keys = { store, wrapping: { current: 'bench', keys: { bench: Buffer.alloc(32, 1) } } };
    this.#application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: redisChannel({ url: this.url }),
          privacy: { secret: 'the secret of the bench', keys },
          ...{ group: 'bench', environment: kind },
        }),
        EventBackboneModule.forFeature([People]),
      ],
    });
    this.#application.enableShutdownHooks();
  }

  async run({ kind, amount }: Round): Promise<RoundResult> {
    if (!kind.endsWith('-erase')) return perSecond(amount, () => this.#write(kind, amount));
    return perSecond(amount, async () => {
      const { events } = await this.#opened.get(Privacy).erase(this.#person);
      if (events !== amount) throw new Error(`${events} of ${amount} events were erased`);
    });
  }

  async close(): Promise<void> {
    await this.#application?.close();
  }

  /** All letters under one key, or each one under its own. */
  async #write(kind: Round['kind'], events: number): Promise<void> {
    this.#people += 1;
    const plain = this.#opened.get(Backbone).producer(People);
    const producer = kind.endsWith('-one-key') ? plain.$with({ key: this.#person }) : plain;
    const [, text] = letterArguments(0, LETTER_BYTES);
    for (let i = 0; i < events; i += IN_FLIGHT) {
      const some = Math.min(IN_FLIGHT, events - i);
      await Promise.all(Array.from({ length: some }, () => producer.wrote(this.#person, text)));
    }
  }

  get #person(): string {
    return `person-${this.#people}`;
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }
}
