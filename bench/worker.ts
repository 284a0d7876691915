import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import type { Round, Side } from './side.js';

/** One side of the bench in a process of its own: asked over IPC, one request at a time. */
type Request = { readonly prepare: Round['kind']; readonly events: number } | Round | 'close';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
Logger.overrideLogger(['error', 'warn']);
const [, , name = '', url = ''] = process.argv;
// Each process holds the code of its own side only: memory is measured, too.
const sides: Readonly<Record<string, () => Promise<Side>>> = {
  'hand-written': async () => new (await import('./hand-written.js')).HandWritten(url),
  backbone: async () => new (await import('./backbone.js')).Backbone(url),
  dashboard: async () => new (await import('./dashboard.js')).Dashboard(url),
  'kafka-hand-written': async () => new (await import('./kafka-hand-written.js')).KafkaHandWritten(url),
  'kafka-backbone': async () => new (await import('./kafka-backbone.js')).KafkaBackbone(url),
  'kafka-nest': async () => new (await import('./kafka-nest.js')).KafkaNest(url),
  'postgres-hand-written': async () => new (await import('./postgres-hand-written.js')).PostgresHandWritten(url),
  'privacy-hand-cipher': async () => new (await import('./privacy-cipher.js')).Cipher('by-hand'),
  'privacy-cipher': async () => new (await import('./privacy-cipher.js')).Cipher('by-privacy'),
  'privacy-hand-letters': async () => new (await import('./privacy-letters.js')).Letters(url, 'by-hand'),
  'privacy-letters': async () => new (await import('./privacy-letters.js')).Letters(url, 'by-privacy'),
  'privacy-documents': async () => new (await import('./privacy-documents.js')).DocumentGroup(url),
  'privacy-erasing': async () => new (await import('./privacy-erasing.js')).Erasing(url),
  'history-hand-written': async () => new (await import('./history-hand-written.js')).HistoryHandWritten(url),
  'history-backbone': async () => new (await import('./history-backbone.js')).HistoryBackbone(url),
  'tracing-none': async () => new (await import('./tracing-orders.js')).TracedOrders(url, 'none'),
  'tracing-by-hand': async () => new (await import('./tracing-orders.js')).TracedOrders(url, 'by-hand'),
  'tracing-on': async () => new (await import('./tracing-orders.js')).TracedOrders(url, 'on'),
  'tracing-without-provider': async () =>
    new (await import('./tracing-orders.js')).TracedOrders(url, 'without-provider'),
  'postgres-backbone': async () => new (await import('./postgres-backbone.js')).PostgresBackbone(url),
};
const opened = sides[name]?.() ?? Promise.reject(new Error(`no side ${name}`));

process.on('message', (request: Request) => {
  void answer(request).then(
    (result) => process.send?.({ result, peakRss: process.resourceUsage().maxRSS * 1024 }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  );
});

async function answer(request: Request): Promise<unknown> {
  const side = await opened;
  if (request === 'close') {
    await side.close();
    setImmediate(() => process.exit(0));
    return undefined;
  }
  if ('prepare' in request) return side.prepare(request.prepare, request.events);
  return side.run(request);
}
