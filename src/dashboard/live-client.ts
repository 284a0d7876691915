import type { ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './security-headers.js';

/** A viewer that does not take what is sent gets no more than this to keep for later. */
const MOST_BUFFERED = 1_048_576;
const STALLED_MS = 60_000;

/** What a viewer has asked for. */
export interface LiveWish {
  /** The stream that is open. */
  readonly stream: string | undefined;
  /** The streams on the screen. */
  readonly visible: readonly string[];
}

/** One viewer's end of the live feed. */
export class LiveClient {
  readonly wish: LiveWish;
  readonly #response: ServerResponse;
  #stalledAt: number | undefined;
  /** True when something was not sent: it needs everything again once it takes something. */
  isBehind = true;

  constructor(response: ServerResponse, wish: LiveWish, onClosed: () => void) {
    this.#response = response;
    this.wish = wish;
    response.on('close', onClosed);
    // The other side may be gone at any moment.
    response.on('error', () => undefined);
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // A proxy must not wait for more.
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
  }

  /** Whether it can take something now; one that has not for a long time is let go. */
  get isReady(): boolean {
    if (this.#response.writableLength < MOST_BUFFERED) {
      this.#stalledAt = undefined;
      return true;
    }
    this.#stalledAt ??= Date.now();
    if (Date.now() - this.#stalledAt > STALLED_MS) this.#response.destroy();
    return false;
  }

  /** Sends an event; `json` has no line breaks. */
  send(name: string, json: string): void {
    if (this.isReady) this.#response.write(`event: ${name}\ndata: ${json}\n\n`);
    else this.isBehind = true;
  }

  /** Keeps the connection open through whatever closes silent ones. */
  beat(): void {
    if (this.isReady) this.#response.write(': still here\n\n');
  }

  /** Ends it, so that the server need not wait for the viewer to go. */
  close(): void {
    this.#response.end();
    this.#response.socket?.destroySoon();
  }
}
