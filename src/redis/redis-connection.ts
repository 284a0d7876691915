import type { Cluster, Redis } from 'ioredis';
import { BackboneError } from '../core/index.js';
import type { RedisClient } from './open-client.js';
import { runScript, type Script, type ScriptArgument } from './scripts/script.js';

/** A client of the channel's own: says when it can be used, and gives up on replies that do not come. */
export class RedisConnection {
  readonly client: RedisClient;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();
  readonly #replies = new Set<{ readonly latest: number; readonly reject: (error: Error) => void }>();
  #looking: NodeJS.Timeout | undefined;
  #nextLook = Infinity;

  constructor(client: RedisClient, timeoutMs: number) {
    this.client = client;
    this.#timeoutMs = timeoutMs;
    const wake = () => {
      for (const waiting of this.#waiting) waiting();
    };
    client.on('ready', wake).on('end', wake);
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /** True once it was closed; it never comes back. */
  get hasEnded(): boolean {
    return this.client.status === 'end';
  }

  /** Waits until the connection can be used; false when that does not happen in time. */
  ready(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.isReady) return Promise.resolve(true);
    if (timeoutMs <= 0 || this.hasEnded || signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        signal?.removeEventListener('abort', finish);
        resolve(this.isReady);
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(finish);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /** Runs a script with a deadline for its reply. */
  async run(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    this.checkReady();
    return this.within(runScript(this.client, script, keys, args));
  }

  /** A cluster would queue what is sent now, and carry it out when nobody waits for it any more. */
  checkReady(): void {
    if (!this.isReady) throw new BackboneError('EB_NOT_STORED', 'the connection was lost; nothing was sent');
  }

  /** Sends what a function sends in one packet: each one costs more than many a command. */
  together<T>(send: () => T): T {
    if (this.client.isCluster) return send();
    const { stream } = this.client as Redis;
    stream.cork();
    try {
      return send();
    } finally {
      stream.uncork();
    }
  }

  /**
   * Gives up on a reply after the time for one command, and on the connection it did not come on.
   *
   * @throws BackboneError `EB_OUTCOME_UNKNOWN`
   */
  within<T>(call: Promise<T>, moreMs = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { latest: performance.now() + this.#timeoutMs + moreMs, reject };
      this.#replies.add(waiting);
      // One timer for all of them: one for each reply would cost more than many a reply.
      if (waiting.latest < this.#nextLook) this.#lookAt(waiting.latest);
      call.then(
        (value) => {
          this.#replies.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#replies.delete(waiting);
          reject(error instanceof Error ? error : new Error('the client failed', { cause: error }));
        },
      );
    });
  }

  #lookAt(time: number): void {
    clearTimeout(this.#looking);
    this.#nextLook = time;
    this.#looking = setTimeout(() => this.#look(), Math.max(time - performance.now(), 1)).unref();
  }

  #look(): void {
    const now = performance.now();
    const late = [...this.#replies].filter(({ latest }) => latest <= now);
    const next = [...this.#replies].reduce(
      (least, { latest }) => (latest > now ? Math.min(least, latest) : least),
      Infinity,
    );
    this.#nextLook = Infinity;
    if (next < Infinity) this.#lookAt(next);
    if (late.length === 0) return;
    // After a stall of this process replies may be here already; they are read before the next turn.
    setImmediate(() => {
      const lost = late.filter((waiting) => this.#replies.delete(waiting));
      for (const { reject } of lost) {
        reject(new BackboneError('EB_OUTCOME_UNKNOWN', 'the server did not reply in time'));
      }
      if (lost.length > 0 && this.isReady) disconnect(this.client, true);
    });
  }

  close(): void {
    clearTimeout(this.#looking);
    disconnect(this.client, false);
    // No timer looks after these any more, and no reply is sure to come.
    for (const { reject } of this.#replies) {
      reject(new BackboneError('EB_OUTCOME_UNKNOWN', 'the connection was closed before the reply'));
    }
    this.#replies.clear();
  }
}

/** The client listens for one error only, and a TLS connection that is ended while it is being made has two. */
function disconnect(client: RedisClient, andConnectAgain: boolean): void {
  for (const node of client.isCluster ? (client as Cluster).nodes() : [client as Redis]) {
    // Absent until the client has begun to connect, whatever its type says.
    (node.stream as typeof node.stream | undefined)?.on('error', () => undefined);
  }
  client.disconnect(andConnectAgain);
}
