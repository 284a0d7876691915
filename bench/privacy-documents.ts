import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Backbone, EventBackboneModule, EventHandler } from 'nest-event-backbone';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { DOCUMENT_BYTES, Documents } from './people.js';
import { cpuPerEvent, IN_FLIGHT, signal, type Round, type RoundResult, type Side } from './side.js';

/** What is done with the last event; set by the round that runs. */
@Injectable()
class Seen {
  last: () => void = () => undefined;
}

@Injectable()
class Reviews {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Documents, (e) => e.reviewed)
  reviewed(): void {
    this.seen.last();
  }
}

@Injectable()
class Uploads {
  @EventHandler(Documents, (e) => e.uploaded)
  uploaded(_title: string, document: string): void {
    if (document.length !== DOCUMENT_BYTES) throw new Error('not the document that was stored');
  }
}

@Module({})
class BenchModule {}

/** A group that handles events with a heavy argument outside the stream, or one that skips them. */
export class DocumentGroup implements Side {
  #application: INestApplicationContext | undefined;

  constructor(private readonly url: string) {}

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    const caughtUp = signal();
    this.#application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: redisChannel({ url: this.url }),
          ...{ group: 'bench', environment: kind },
          payloads: { stores: { documents: redisPayloadStore({ url: this.url, prefix: 'bench-documents' }) } },
        }),
        EventBackboneModule.forFeature([Documents]),
      ],
      providers: [
        { provide: Seen, useValue: Object.assign(new Seen(), { last: () => caughtUp.fire() }) },
        ...[Reviews, ...(kind === 'privacy-documents-handled' ? [Uploads] : [])],
      ],
    });
    this.#application.enableShutdownHooks();
    const documents = this.#backbone.producer(Documents);
    const text = 'd'.repeat(DOCUMENT_BYTES);
    for (let i = 0; i < events; i += IN_FLIGHT) {
      await Promise.all(Array.from({ length: IN_FLIGHT }, (_, n) => documents.uploaded(`document ${i + n}`, text)));
    }
    await documents.reviewed('the last one');
    await caughtUp.fired;
  }

  /** Reads everything again. */
  async run({ kind, amount }: Round): Promise<RoundResult> {
    const finished = signal();
    this.#opened.get(Seen).last = () => finished.fire();
    return cpuPerEvent(amount, async () => {
      const stream = { environment: kind, contract: 'bench-documents' };
      await this.#backbone.channel.admin.reset(stream, 'bench', 'beginning');
      await finished.fired;
    });
  }

  async close(): Promise<void> {
    await this.#application?.close();
  }

  get #backbone(): Backbone {
    return this.#opened.get(Backbone);
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }
}
