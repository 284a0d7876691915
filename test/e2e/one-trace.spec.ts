import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { redisChannel } from 'nest-event-backbone/redis';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { allReceived } from '../../tools/demo/all-done.mjs';
import { placeOrders } from '../../tools/demo/place-orders.mjs';
import { startSeparately } from '../../tools/demo/start-separately.mjs';

const url = inject('redisUrl');

/** What the services send by OTLP, as far as it matters here. */
interface Traces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

interface SentSpan extends Span {
  readonly service: string;
}

/** Takes spans as Jaeger would, and keeps them. */
async function collector(): Promise<{ readonly endpoint: string; readonly spans: readonly SentSpan[] }> {
  const spans: SentSpan[] = [];
  const take = async (request: IncomingMessage) => {
    const { resourceSpans } = JSON.parse(await text(request)) as Traces;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      spans.push(...scopeSpans.flatMap((scope) => scope.spans).map((span) => ({ ...span, service })));
    }
  };
  const server = createServer((request, response) => {
    take(request).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      // A service that is about to end may break off; what is missing then fails the test.
      () => response.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${port}`, spans };
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('an order in the demo', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 240_000);

  it('is one trace over the processes of order, transit and reporter', async () => {
    const { endpoint, spans } = await collector();
    const signal = new AbortController().signal;
    const services = await startSeparately({
      env: { CHANNEL: 'redis', REDIS_URL: url, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      channel: redisChannel({ url }),
      ...{ environment: `trace-${randomUUID()}`, stepDelayMs: 0, secret: randomUUID() },
      ...{ onLine: () => undefined, onEnd: () => undefined },
    });
    try {
      await allReceived(services, await placeOrders(services.urls.order, 1, signal), 30_000, signal);
    } finally {
      // They send what they have when they end.
      await services.stop();
    }
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['order', 'transit', 'reporter']));
    const count = (service: string, name: string) =>
      spans.filter((span) => span.service === service && span.name.startsWith(name)).length;
    expect([count('order', 'send'), count('transit', 'send')]).toEqual([1, 3]);
    expect([count('transit', 'process'), count('reporter', 'process')]).toEqual([4, 4]);
    // Every span but the order's has a cause among the others.
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const roots = spans.filter(({ parentSpanId = '' }) => !ids.has(parentSpanId));
    expect(roots.map(({ service }) => service)).toEqual(['order']);
  }, 90_000);
});
