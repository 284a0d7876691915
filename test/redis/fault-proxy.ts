import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Which way bytes go: from the client to the server, or back. */
export type Direction = 'requests' | 'replies';

type Mode = 'pass' | 'drop' | 'hold';

/** Stands between a client and a server and does to their bytes what bad networks do. Gone after the test. */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #lines = new Set<Line>();
  readonly #mode: Record<Direction, Mode> = { requests: 'pass', replies: 'pass' };
  #delayMs = 0;
  #refusing = false;
  #cutAfter: { readonly direction: Direction; bytes: number } | undefined;
  #dropped: (() => void)[] = [];
  #cut: (() => void)[] = [];

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#connect(client));
  }

  static async before(url: string): Promise<FaultProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server, new URL(url));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** The server's URL as it is through the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  get connections(): number {
    return this.#lines.size;
  }

  /** Loses all bytes of one direction from now on; the connections stay open. */
  drop(direction: Direction): void {
    this.#mode[direction] = 'drop';
  }

  /** Resolves once bytes have been lost. */
  dropped(): Promise<void> {
    return new Promise((resolve) => this.#dropped.push(resolve));
  }

  /** Nothing gets through any more, and nobody is told. What is sent meanwhile arrives after {@link pass}. */
  freeze(): void {
    this.#mode.requests = this.#mode.replies = 'hold';
  }

  /** Works as if there were no proxy, for old connections and new ones. */
  pass(): void {
    this.#mode.requests = this.#mode.replies = 'pass';
    this.#delayMs = 0;
    this.#refusing = false;
    this.#cutAfter = undefined;
    for (const line of this.#lines) line.release();
  }

  /** Every byte arrives so much later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Breaks every connection; new ones are made as before. */
  cut(): void {
    for (const line of this.#lines) line.break();
    for (const resolve of this.#cut.splice(0)) resolve();
  }

  /** Lets so many more bytes of one direction through and then breaks every connection, once. */
  cutAfter(direction: Direction, bytes: number): Promise<void> {
    this.#cutAfter = { direction, bytes };
    return new Promise((resolve) => this.#cut.push(resolve));
  }

  /** Breaks every connection and takes no new ones, until {@link pass}. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  async close(): Promise<void> {
    this.refuse();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(this.#target.port || 6379), this.#target.hostname);
    server.on('error', () => undefined);
    const line = new Line(client, server, () => this.#lines.delete(line));
    this.#lines.add(line);
    client.on('data', (bytes) => this.#carry('requests', line, bytes));
    server.on('data', (bytes) => this.#carry('replies', line, bytes));
    const end = () => {
      // A frozen network does not tell that somebody is gone.
      if (this.#mode.requests === 'hold') line.hold(() => line.break());
      else line.break();
    };
    for (const socket of [client, server]) socket.on('close', end);
  }

  #carry(direction: Direction, line: Line, bytes: Buffer): void {
    const to = direction === 'requests' ? line.server : line.client;
    const mode = this.#mode[direction];
    if (mode === 'drop') {
      for (const resolve of this.#dropped.splice(0)) resolve();
      return;
    }
    const limit = this.#cutAfter;
    if (limit?.direction === direction) {
      if (bytes.length >= limit.bytes) {
        this.#cutAfter = undefined;
        // Broken only when these bytes are on their way: they must arrive.
        to.write(bytes.subarray(0, limit.bytes), () => this.cut());
        return;
      }
      limit.bytes -= bytes.length;
    }
    const send = () => {
      if (!to.destroyed) to.write(bytes);
    };
    if (mode === 'hold') line.hold(send);
    else if (this.#delayMs > 0) setTimeout(send, this.#delayMs);
    else send();
  }
}

/** One connection through the proxy. */
class Line {
  #held: (() => void)[] = [];

  constructor(
    readonly client: Socket,
    readonly server: Socket,
    private readonly onBroken: () => void,
  ) {}

  hold(work: () => void): void {
    this.#held.push(work);
  }

  release(): void {
    for (const work of this.#held.splice(0)) work();
  }

  break(): void {
    this.onBroken();
    this.#held = [];
    this.client.resetAndDestroy();
    this.server.destroy();
  }
}
