import { readFileSync } from 'node:fs';
import { Injectable, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import {
  Backbone,
  ContractEvent,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  getProducerToken,
  type Producer,
} from 'nest-event-backbone';
import { DIAGNOSTICS, innermost, reportChannel, reportConsumer } from 'nest-event-backbone/core';
import { PrometheusModule, type PrometheusModuleOptions } from 'nest-event-backbone/prometheus';
import { EventBackboneTestingModule, EventRecorder } from 'nest-event-backbone/testing';
import { hasSubscribers } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { MetricsModule } from './page/own-exporter.module.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number) {
    return { number };
  }
}

@Injectable()
class Shop {
  @EventHandler(Orders, (e) => e.placed)
  onPlaced(number: number): void {
    if (number < 0) throw new RangeError('no order is negative');
  }
}

interface Shown {
  readonly app: INestApplication;
  readonly orders: Producer<Orders>;
  readonly settled: () => Promise<void>;
  readonly get: (path: string) => Promise<Response>;
}

/** Starts an application on a port of its own; it is closed when the test ends. */
async function start(imports: NonNullable<ModuleMetadata['imports']>, platform = 'express'): Promise<Shown> {
  const builder = Test.createTestingModule({
    imports: [EventBackboneTestingModule.forRoot(), EventBackboneModule.forFeature([Orders]), ...imports],
    providers: [Shop],
  });
  const module = await builder.setLogger(quietLogger().logger).compile();
  const app =
    platform === 'fastify' ? module.createNestApplication(new FastifyAdapter()) : module.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    orders: app.get<Producer<Orders>>(getProducerToken(Orders)),
    settled: () => app.get(EventRecorder).settled(),
    get: (path) => fetch(`${url}${path}`),
  };
}

const withMetrics = (options?: PrometheusModuleOptions) => [PrometheusModule.forRoot(options)];

describe.each(['express', 'fastify'])('an application on %s that shows its metrics', (platform) => {
  it('serves what has happened as text that Prometheus reads', async () => {
    const { orders, settled, get } = await start(withMetrics({ system: 'memory' }), platform);
    await orders.placed(1);
    await orders.placed(2);
    await settled();
    const answer = await get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toMatch(
      /^messaging_client_sent_messages_total\{messaging_system="memory",[^}]*cloudevents_event_type="placed\.v1"[^}]*\} 2$/m,
    );
    expect(text).toMatch(/^messaging_process_duration_count\{[^}]*messaging_consumer_group_name="test"[^}]*\} 2$/m);
    expect(text).toMatch(/^event_backbone_group_lag\{[^}]*\} 0$/m);
  });
});

describe('an application that shows its metrics', () => {
  it('does so where it is told to', async () => {
    const { get } = await start(withMetrics({ path: '/internal/metrics/' }));
    expect((await get('/internal/metrics')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(404);
  });

  it('is refused an empty path, and options that would be ignored', () => {
    expect(() => PrometheusModule.forRoot({ path: '/' })).toThrow(/EB_OPTIONS.*`path` is empty/);
    expect(() => PrometheusModule.forRoot({ port: 9464 } as PrometheusModuleOptions)).toThrow(/EB_OPTIONS.*port/);
    const exporter = new PrometheusExporter({ preventServerStart: true });
    expect(() => PrometheusModule.forRoot({ exporter, system: 'redis' })).toThrow(
      /EB_OPTIONS.*system beside `exporter`/,
    );
  });

  it('shows its events only, and not those of another application in the process', async () => {
    const [mine, other] = [await start(withMetrics()), await start(withMetrics())];
    await other.orders.placed(1);
    expect(await (await mine.get('/metrics')).text()).not.toContain('messaging_client_sent_messages_total{');
    expect(await (await other.get('/metrics')).text()).toContain('messaging_client_sent_messages_total{');
  });

  it('listens no longer when it has been closed', async () => {
    const { app } = await start(withMetrics());
    expect(hasSubscribers(DIAGNOSTICS.event)).toBe(true);
    await app.close();
    expect(hasSubscribers(DIAGNOSTICS.event)).toBe(false);
  });

  it('shows them among its other metrics, where it has an exporter of its own', async () => {
    onTestFinished(() => metrics.disable());
    metrics.getMeter('mine').createCounter('pages.shown').add(3);
    const { orders, get } = await start([MetricsModule]);
    await orders.placed(1);
    const text = await (await get('/metrics')).text();
    expect(text).toContain('messaging_client_sent_messages_total{messaging_system="memory"');
    expect(text).toContain('pages_shown_total');
  });
});

describe('the dashboard', () => {
  it('asks for metrics and labels that an application has', async () => {
    const { app, orders, settled, get } = await start(withMetrics());
    const backbone = app.get(Backbone);
    await orders.placed(1);
    await orders.placed(-1);
    await settled();
    const about = {
      ...{ channel: innermost(backbone.channel), group: 'test' },
      stream: { environment: 'default', contract: 'orders' },
    };
    // What only servers and other consumers can bring about.
    for (const kind of ['waiting', 'ready', 'claimed', 'leaseLost'] as const) reportChannel({ ...about, kind });
    reportConsumer({ ...about, kind: 'erased' });
    await backbone.drain();
    const shown = await (await get('/metrics')).text();
    const [names, labels] = [asked(/(?<![\w"])(?:messaging|event_backbone)_\w+/g), askedLabels()];
    expect(names.size).toBeGreaterThan(20);
    expect(labels.size).toBeGreaterThan(3);
    expect([...names].filter((name) => !new RegExp(`^${name}[{ ]`, 'm').test(shown)).sort()).toEqual([]);
    expect([...labels].filter((label) => !shown.includes(`${label}="`))).toEqual([]);
  });
});

const dashboard = JSON.parse(
  readFileSync(new URL('../../tools/observe/grafana/dashboards/event-backbone.json', import.meta.url), 'utf8'),
) as { readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[] };
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** The names of metrics: what is left of the queries without labels and functions. */
function asked(pattern: RegExp): ReadonlySet<string> {
  const bare = queries.map((query) => query.replace(/by \([^)]*\)/g, '').replace(/\{[^}]*\}/g, ''));
  return new Set(bare.flatMap((query) => query.match(pattern) ?? []));
}

function askedLabels(): ReadonlySet<string> {
  const grouped = queries.flatMap((query) => [...query.matchAll(/by \(([^)]*)\)/g)].map(([, names = '']) => names));
  const selected = queries.flatMap((query) =>
    [...query.matchAll(/[{,](\w+)(?:=~|!=|=)/g)].map(([, name = '']) => name),
  );
  return new Set([...grouped.flatMap((names) => names.split(/,\s*/)), ...selected]);
}
