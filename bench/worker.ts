import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { Backbone } from './backbone.js';
import { HandWritten } from './hand-written.js';
import type { Round, Side } from './side.js';

/** One side of the bench in a process of its own: asked over IPC, one request at a time. */
type Request = { readonly prepare: Round['kind']; readonly events: number } | Round | 'close';

Logger.overrideLogger(['error', 'warn']);
const [, , name, url = ''] = process.argv;
const side: Side = name === 'hand-written' ? new HandWritten(url) : new Backbone(url);

process.on('message', (request: Request) => {
  void answer(request).then(
    (result) => process.send?.({ result, peakRss: process.resourceUsage().maxRSS * 1024 }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  );
});

async function answer(request: Request): Promise<unknown> {
  if (request === 'close') {
    await side.close();
    setImmediate(() => process.exit(0));
    return undefined;
  }
  if ('prepare' in request) return side.prepare(request.prepare, request.events);
  return side.run(request);
}
