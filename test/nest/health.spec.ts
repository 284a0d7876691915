import { Injectable, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { HealthCheckResult } from '@nestjs/terminus';
import { BackboneHealth, EventHandler, EventBackboneModule, type HealthLimits } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { redisChannel } from 'nest-event-backbone/redis';
import { afterEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { FaultProxy } from '../redis/fault-proxy.js';
import { HealthModule } from './health-page/health.module.js';
import { ShipmentTracking, type User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';

@Injectable()
class Packing {
  readonly begun: string[] = [];
  readonly #waiting: (() => void)[] = [];

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack({ email }: User): Promise<void> {
    this.begun.push(email);
    if (email === 'slow@example.org') await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (email === 'bad@example.org') throw new Error('never');
  }

  finish(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

@Injectable()
class Strict {
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  pack(): void {
    throw new Error('never');
  }
}

function untilAborted(_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the health of a connection', () => {
  it('is up while events flow', async () => {
    const { app, shipments, recorder } = await startApplication({ providers: [Packing] });
    await shipments.orderPlaced(...order());
    await recorder.settled();
    const report = await app.get(BackboneHealth).check();
    expect(report).toMatchObject({ status: 'up', problems: [], groups: [{ group: 'test', lag: 0 }] });
    expect(await app.get(BackboneHealth).ready({ maxLag: 0 })).toEqual({ ready: true, reasons: [] });
  });

  it('is down once a consumer has failed, although the server answers', async () => {
    const { app, backbone, shipments } = await startApplication(
      { providers: [Strict] },
      { groups: { test: { onFailure: 'stop' } } },
    );
    await shipments.orderPlaced(...order());
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ status: 'failed' }]));
    const health = app.get(BackboneHealth);
    expect(await health.check()).toMatchObject({
      status: 'down',
      problems: [{ status: 'down', kind: 'failed', of: 'shipment-tracking:test' }],
    });
    expect(await health.ready()).toEqual({
      ready: false,
      reasons: ['shipment-tracking:test does not read: it is failed'],
    });
  });

  it('is down when handlers run and nothing is finished for long, and up again when they end', async () => {
    const { app, shipments, recorder } = await startApplication({ providers: [Packing] });
    const packing = app.get(Packing);
    const health = app.get(BackboneHealth);
    await shipments.orderPlaced(...order('slow@example.org'));
    await vi.waitFor(() => expect(packing.begun).toHaveLength(1));
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await health.check({ stuckMs: 60_000 })).toMatchObject({ status: 'up' });
    later(59_000);
    expect(await health.check({ stuckMs: 60_000 })).toMatchObject({ status: 'up' });
    later(1_000);
    expect(await health.check({ stuckMs: 60_000 })).toMatchObject({ status: 'down', problems: [{ kind: 'stuck' }] });
    packing.finish();
    await recorder.settled();
    expect(await health.check({ stuckMs: 60_000 })).toMatchObject({ status: 'up' });
  });

  it('is not down because nothing comes, or because an event waits for its next try', async () => {
    const { app, backbone, shipments } = await startApplication(
      { providers: [Packing] },
      { retry: { attempts: 2, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, jitter: 'none', wait: untilAborted } },
    );
    const health = app.get(BackboneHealth);
    vi.useFakeTimers({ toFake: ['Date'] });
    await health.check();
    later(600_000);
    expect(await health.check()).toMatchObject({ status: 'up' });
    await shipments.orderPlaced(...order('bad@example.org'));
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ running: 1 }]));
    await vi.waitFor(() => expect(app.get(Packing).begun).toHaveLength(1));
    later(600_000);
    expect((await health.check({ pendingMs: 3_600_000 })).status).toBe('up');
  });

  it('is degraded by what waits, what is not finished, what is set aside and what is paused', async () => {
    let now = Date.now() - 120_000;
    const channel = memoryChannel({ now: () => now });
    const { app, backbone, shipments, recorder } = await startApplication({ providers: [Packing] }, { channel });
    const kinds = async (limits?: HealthLimits) => {
      const { status, problems } = await app.get(BackboneHealth).check(limits);
      return [status, ...problems.map(({ kind }) => kind)];
    };
    await shipments.orderPlaced(...order('bad@example.org'));
    await recorder.settled();
    expect(await kinds()).toEqual(['up']);
    expect(await kinds({ deadLetters: 1 })).toEqual(['degraded', 'deadLetters']);
    await shipments.orderPlaced(...order('slow@example.org'));
    await vi.waitFor(() => expect(app.get(Packing).begun).toContain('slow@example.org'));
    now = Date.now();
    expect(await kinds()).toEqual(['up']);
    expect(await kinds({ pendingMs: 60_000 })).toEqual(['degraded', 'pending']);
    backbone.pause('test');
    expect(await kinds()).toEqual(['degraded', 'paused']);
    backbone.resume('test');
    app.get(Packing).finish();
    await recorder.settled();
  });

  it('refuses limits that mean nothing', async () => {
    const { app } = await startApplication({ providers: [Packing] });
    await expect(app.get(BackboneHealth).check({ stuckMs: 0 })).rejects.toThrow(
      'EB_OPTIONS: health: `stuckMs` must be a number above zero',
    );
  });
});

describe.skipIf(inject('redisUrl') === '')('the Terminus indicator', () => {
  it('tells of a server that is away, and that it is back', async () => {
    const proxy = await FaultProxy.before(inject('redisUrl'));
    @Module({
      imports: [
        HealthModule,
        EventBackboneModule.forRoot({
          channel: redisChannel({ url: proxy.url }),
          environment: `health-${process.pid}`,
          group: 'test',
        }),
      ],
      providers: [Packing],
    })
    class App {}
    const app: INestApplication = await NestFactory.create(App, { logger: false });
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const ask = async (path: string) => {
      const answer = await fetch(`${url}/${path}`);
      return { code: answer.status, body: (await answer.json()) as HealthCheckResult };
    };
    await vi.waitFor(async () => expect((await ask('live')).body.details).toMatchObject({ events: { status: 'up' } }));
    await vi.waitFor(async () => expect((await ask('ready')).code).toBe(200));
    proxy.refuse();
    await vi.waitFor(
      async () => {
        const { code, body } = await ask('live');
        // It is degraded at first: a restart does not bring a server back.
        expect(code).toBe(200);
        expect(body.details).toMatchObject({ events: { status: 'degraded', problems: [{ kind: 'away' }] } });
      },
      { timeout: 15_000 },
    );
    expect((await ask('ready')).code).toBe(503);
    expect(await app.get(BackboneHealth).check({ awayMs: 1, answerMs: 500 })).toMatchObject({
      status: 'down',
      problems: [{ kind: 'away', message: expect.stringContaining('the server does not answer') as string }],
    });
    proxy.pass();
    await vi.waitFor(async () => expect((await ask('live')).code).toBe(200), { timeout: 15_000 });
  });
});
