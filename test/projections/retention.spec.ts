import { randomUUID } from 'node:crypto';
import { Retention, type Channel, type StreamReader } from 'nest-event-backbone/core';
import { memoryReadModel } from 'nest-event-backbone/projections';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { changed, paid, PATIENCE, scene, type Methods } from './accounts-scene.js';

const redisUrl = inject('redisUrl');
const STREAM = { environment: 'default', contract: 'accounts' };

/** Trims everything that may go, once. */
async function trim(channel: Channel, ...readers: readonly StreamReader[]): Promise<void> {
  const streams = () => [readers[0]?.stream ?? STREAM];
  await new Retention(channel, streams, { maxEvents: 0 }, () => readers).run();
}

async function left(channel: Channel, stream = STREAM): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const events of channel.read({ stream })) ids.push(...events.map(({ position }) => position.id));
  return ids;
}

describe('retention', () => {
  it('leaves what a projection has not read yet, and removes the rest', async () => {
    const { channel, producer, runner, another, balances } = scene();
    for (let i = 0; i < 3; i += 1) await producer.paid('ada', 1);
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['1', '2', '3']);
    runner.start();
    await runner.waitFor({ partition: 0, id: '3' });
    await runner.stop(1_000);
    const { position } = await producer.paid('ada', 1);
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['4']);
    const next = another();
    next.start();
    await next.waitFor(position);
    expect(balances()).toEqual({ ada: 4 });
  });

  it('that did not ask it would remove what it has not read', async () => {
    const { channel, producer, runner, balances } = scene();
    await producer.paid('ada', 1);
    await trim(channel);
    runner.start();
    await runner.waitFor((await producer.paid('ada', 1)).position);
    expect(balances()).toEqual({ ada: 1 });
  });

  it('removes what no handler is for, although nothing moves the checkpoint', async () => {
    const { channel, producer, runner } = scene();
    await producer.paid('ada', 1);
    await runner.init();
    for (let i = 0; i < 150; i += 1) await producer.audited('ada');
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['151']);
    await producer.audited('ada');
    await producer.paid('ada', 1);
    await producer.audited('ada');
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['153', '154']);
  });

  it.skipIf(redisUrl === '')('knows how far a projection is in each partition', async () => {
    const log = { channel: redisChannel({ url: redisUrl, partitions: 4 }), environment: randomUUID() };
    onTestFinished(() => log.channel.close());
    const { channel, producer, runner, another, balances } = scene({ batchSize: 5 }, memoryReadModel(), log);
    const pay = async (count: number) => {
      for (let i = 0; i < count; i += 1) {
        await producer.paid('ada', 1);
        await producer.audited('ada');
      }
    };
    await pay(30);
    await runner.init();
    await pay(30);
    await producer.audited('ada');
    await trim(channel, runner);
    const waiting = await left(channel, runner.stream);
    expect(waiting.length).toBeGreaterThanOrEqual(30);
    expect(waiting.length).toBeLessThan(90);
    const next = another();
    next.start();
    await vi.waitFor(() => expect(balances()).toEqual({ ada: 60 }), PATIENCE);
    await trim(channel, next);
    expect((await left(channel, runner.stream)).length).toBeLessThanOrEqual(4);
  });

  it('waits for the slowest of several', async () => {
    const { channel, producer, runner, another } = scene();
    for (let i = 0; i < 4; i += 1) await producer.paid('ada', 1);
    await runner.init();
    const at = (id: string): StreamReader => ({
      stream: STREAM,
      reached: () => Promise.resolve([{ partition: 0, id }]),
    });
    const elsewhere = { ...at('1'), stream: { ...STREAM, environment: 'another' } };
    await trim(channel, runner, at('3'), at('2'), elsewhere);
    expect(await left(channel)).toEqual(['3', '4']);
    await trim(channel, runner, another({ version: 2 }));
    expect(await left(channel)).toEqual(['3', '4']);
  });

  it('waits for a model that is made beside the live one, also when that was broken off', async () => {
    const { channel, producer, runner, balances } = scene({ batchSize: 2 });
    for (let i = 0; i < 6; i += 1) await producer.paid('ada', 1);
    await runner.init();
    const stop = new AbortController();
    const broken = runner.init({ swap: true, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(broken).rejects.toMatchObject({ code: 'EB_STOPPING' });
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['3', '4', '5', '6']);
    await runner.init({ swap: true });
    expect(balances()).toEqual({ ada: 6 });
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['6']);
  });

  it('waits for a model that is made anew, however far it was before', async () => {
    const stop = new AbortController();
    const on: Methods = { paid };
    const { channel, producer, runner, another } = scene({ on, batchSize: 1 });
    await producer.paid('ada', 1);
    await producer.audited('ada');
    await producer.paid('ada', 1);
    await runner.init();
    await runner.reached();
    const again = another().init({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(again).rejects.toMatchObject({ code: 'EB_STOPPING' });
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['3']);
  });

  it('leaves an event by which a projection knows its log, and without any it would take it for another one', async () => {
    const { channel, producer, runner, another } = scene();
    await producer.paid('ada', 1);
    await producer.audited('ada');
    await runner.init();
    await trim(channel, runner);
    expect(await left(channel)).toEqual(['2']);
    const next = another();
    next.start();
    await vi.waitFor(async () => expect((await next.state()).status).toBe('live'), PATIENCE);
    await next.stop(1_000);
    await trim(channel);
    const last = another();
    last.start();
    await vi.waitFor(async () => expect((await last.state()).error).toMatchObject({ code: 'EB_DIVERGED' }), PATIENCE);
  });

  it('removes nothing while a model does not answer', async () => {
    const { channel, producer, another, model } = scene();
    for (let i = 0; i < 2; i += 1) await producer.paid('ada', 1);
    await another().init();
    const away = another({}, changed(model, { load: () => Promise.reject(new Error('away')) }));
    await trim(channel, away);
    expect(await left(channel)).toEqual(['1', '2']);
    await trim(channel, another());
    expect(await left(channel)).toEqual(['2']);
  });
});
