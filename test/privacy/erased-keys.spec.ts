import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Backbone, EventBackboneModule, EventHandler, Privacy } from 'nest-event-backbone';
import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import { quietLogger } from '../nest/start-application.js';
import { SECRET, textOf, withoutErase, WRAPPING } from './start-visits.js';
import { Visits } from './visits.js';

const url = inject('redisUrl');
const LONG = { timeout: 20_000 };
const AN_HOUR_MS = 3_600_000;

/** One process of several: it remembers keys on its own. Nobody in it handles what was erased. */
async function startProcess(channel: Channel, store: PayloadStore, environment: string, consumers: 'all' | 'none') {
  const seen: number[] = [];

  @Injectable()
  class Porter {
    @EventHandler(Visits, (e) => e.came)
    see(_: unknown, door: number): void {
      seen.push(door);
    }
  }

  const keys = { store: sharedStore(store), wrapping: WRAPPING, cacheMs: AN_HOUR_MS };
  const builder = Test.createTestingModule({
    imports: [
      // What is read again has still got all its fields, as a copy has that was taken before: the key alone keeps it closed.
      EventBackboneModule.forRoot({
        ...{ channel: withoutErase(channel), environment, consumers, group: 'porter' },
        privacy: { secret: SECRET, keys },
      }),
      EventBackboneModule.forFeature([Visits]),
    ],
    providers: [Porter],
  });
  const app = await builder.setLogger(quietLogger().logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const backbone = app.get(Backbone);
  /** What it makes of the visits, without a look at what was erased. */
  const read = async () => {
    const texts: string[] = [];
    const visits = { stream: { environment, contract: 'visits' }, types: ['came.v1'] };
    for await (const events of backbone.channel.read(visits)) texts.push(textOf(events));
    return texts.join();
  };
  return { seen, read, visits: backbone.producer(Visits), privacy: app.get(Privacy) };
}

describe.each([
  ['in memory', true, () => memoryChannel()],
  ['on Redis', url !== '', () => redisChannel({ url })],
] as const)('a key that another process has erased, %s,', (_, isThere, open) => {
  async function scene(consumers: 'all' | 'none') {
    const channel = open();
    onTestFinished(() => channel.close());
    const [store, environment] = [memoryPayloadStore(), `keys-${randomUUID()}`];
    const eraser = await startProcess(channel, store, environment, 'none');
    const other = await startProcess(channel, store, environment, consumers);
    await eraser.visits.came({ email: 'ada@example.org', name: 'Ada Canary' }, 1);
    await eraser.visits.came({ email: 'bob@example.org', name: 'Bob Sparrow' }, 2);
    if (consumers === 'all') await vi.waitFor(() => expect(other.seen).toHaveLength(2), LONG);
    expect(await other.read()).toContain('Canary');
    await eraser.privacy.erase('ada@example.org');
    expect(await eraser.read()).not.toContain('Canary');
    return { eraser, other };
  }

  it.skipIf(!isThere)('is forgotten by a consumer that reads past the erasure', async () => {
    const { other } = await scene('all');
    await vi.waitFor(async () => expect(await other.read()).not.toContain('Canary'), LONG);
    expect(await other.read()).toContain('Sparrow');
  });

  it.skipIf(!isThere)('is remembered where nobody reads the stream', async () => {
    const { eraser, other } = await scene('none');
    await eraser.visits.came({ email: 'carl@example.org', name: 'Carl Wren' }, 3);
    expect(await other.read()).toContain('Wren');
    expect(await other.read()).toContain('Canary');
  });
});
