import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Backbone,
  DeadLetters,
  Erased,
  EventBackboneModule,
  EventHandler,
  NonRetryableError,
  Privacy,
  Project,
  ProjectedEvent,
  Projection,
  ProjectionModule,
  Projections,
  type EventBackboneOptions,
} from 'nest-event-backbone';
import type { Channel, Erasure, PayloadStore, ReadEvent, Stream } from 'nest-event-backbone/core';
import { memoryReadModel, type MemoryTransaction } from 'nest-event-backbone/projections';
import { onTestFinished } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { Visitor, Visits } from './visits.js';

/** What every application of these tests has. */
export const SECRET = 'the secret of these tests';
export const WRAPPING = { current: 'k1', keys: { k1: Buffer.alloc(32, 1) } };

/** What the handlers of an application were given. */
export interface Seen {
  readonly visitors: (Visitor | Erased)[];
  readonly erasures: Erasure[];
}

/** An application that is told who comes, started anew as often as a test likes. */
export async function startVisits(
  {
    channel,
    store,
    environment = `visits-${randomUUID()}`,
  }: { channel: Channel; store: PayloadStore; environment?: string },
  options: Partial<EventBackboneOptions> = {},
) {
  const seen: Seen = { visitors: [], erasures: [] };

  @Injectable()
  class Porter {
    @EventHandler(Visits, (e) => e.came)
    see(visitor: Visitor | Erased): void {
      seen.visitors.push(visitor);
    }

    @EventHandler(Visits, (e) => e.wrote)
    read(text: string): void {
      throw new NonRetryableError(`nobody can read ${text.length} letters`);
    }

    @EventHandler(Visits, (e) => e.$erased)
    forget(erasure: Erasure): void {
      seen.erasures.push(erasure);
    }
  }

  @Projection('book', { contract: Visits })
  class Book {
    @Project(Visits, (e) => e.came)
    enter(visitor: Visitor | Erased, door: number, { tx }: ProjectedEvent<MemoryTransaction>): void {
      tx.table('names').set(String(door), visitor instanceof Erased ? 'erased' : visitor.name);
    }
  }

  const model = memoryReadModel();
  const { logger, logged } = quietLogger();
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({
        ...{ channel, environment, group: 'porter' },
        privacy: { secret: SECRET, keys: { store, wrapping: WRAPPING } },
        ...options,
      }),
      EventBackboneModule.forFeature([Visits]),
      ProjectionModule.forRoot({ model }),
    ],
    providers: [Porter, Book],
  });
  const app = await builder.setLogger(logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const backbone = app.get(Backbone);
  const stream: Stream = { environment, contract: 'visits' };
  return {
    ...{ app, backbone, environment, logged, model, seen, stream },
    privacy: app.get(Privacy),
    letters: app.get(DeadLetters),
    projections: app.get(Projections),
    visits: backbone.producer(Visits),
    /** Everything that the application can read. */
    read: () => everything(backbone.channel, stream),
  };
}

/** Everything that a channel has of a stream. */
export async function everything(channel: Channel, stream: Stream): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const some of channel.read({ stream })) events.push(...some);
  return events;
}

/** All that is stored in these events, as text. */
export function textOf(events: readonly ReadEvent[]): string {
  const values = events.flatMap(({ message }) => Object.values(message?.fields ?? {}));
  return values
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : JSON.stringify(value)))
    .join('\n');
}

/** A channel that many applications use, with some members of another kind. */
export function sharedChannel(channel: Channel, changes: Partial<Channel> = {}): Channel {
  return {
    supports: channel.supports,
    admin: channel.admin,
    publish: (stream, messages, options) => channel.publish(stream, messages, options),
    subscribe: (options) => channel.subscribe(options),
    read: (options) => channel.read(options),
    close: () => Promise.resolve(),
    ...changes,
  };
}

/** A channel that forgets nothing, whatever it is told: as its backup does. */
export function withoutErase(channel: Channel): Channel {
  return withErase(channel, (_, ids) => Promise.resolve(ids.length));
}

/** A channel that erases in another way. */
export function withErase(channel: Channel, erase: Channel['admin']['erase'], changes: Partial<Channel> = {}): Channel {
  const { admin } = channel;
  return sharedChannel(channel, {
    admin: {
      ...{ deadLetters: admin.deadLetters, erase },
      groups: (stream) => admin.groups(stream),
      state: (stream, group) => admin.state(stream, group),
      extent: (stream) => admin.extent(stream),
      reset: (stream, group, to) => admin.reset(stream, group, to),
      trim: (stream, limits) => admin.trim(stream, limits),
    },
    ...changes,
  });
}
