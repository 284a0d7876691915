import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactoryArgs } from 'kafkajs';

const PRODUCE = 0;
const LIST_OFFSETS = 2;
const JOIN_GROUP = 11;
const READ_UNCOMMITTED = 0;
/** Size, kind, version and number; the client id comes next. */
const HEADER = 12;
const KEEP_ALIVE_MS = 60_000;

/** Is told whether a request to join is from a known member; may write into it for as long as it holds it back. */
export type BeforeJoin = (isMember: boolean, request: Buffer) => Promise<void> | undefined;

/**
 * The connections of one client, under our own hand: what kafkajs does not tell (whether anything was sent) and does not
 * allow (to hold a request back, to give up for good) is seen and done where its requests are written.
 */
export class KafkajsSockets {
  readonly #open = new Set<Socket>();
  readonly #beforeJoin: BeforeJoin | undefined;
  #isDestroyed = false;
  #isSeeingAll = false;
  #produced = 0;
  #joined = 0;

  /** `beforeJoin` may hold back the request to join, and only that. */
  constructor(beforeJoin?: BeforeJoin) {
    this.#beforeJoin = beforeJoin;
  }

  /** How many requests to append were sent. */
  get produced(): number {
    return this.#produced;
  }

  /** How many requests to join a group were sent. */
  get joined(): number {
    return this.#joined;
  }

  /** For the option `socketFactory` of the client. */
  readonly open = ({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket => {
    if (this.#isDestroyed) throw new Error('the client is closed');
    const name = isIP(host) === 0 ? { servername: host } : {};
    // The client's type knows no `undefined` here, but there is one without TLS.
    const tls = ssl as typeof ssl | undefined;
    const socket = tls ? connectTls({ host, port, ...name, ...tls }, onConnect) : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    this.#watch(socket);
    return socket;
  };

  /** Makes what is asked meanwhile about offsets count records of open transactions, too; kafkajs cannot be told to. */
  async seeingAll<T>(ask: () => Promise<T>): Promise<T> {
    this.#isSeeingAll = true;
    try {
      return await ask();
    } finally {
      this.#isSeeingAll = false;
    }
  }

  /** Cuts all connections and makes no new ones, so that nothing the client still tries is ever done. */
  destroy(): void {
    this.#isDestroyed = true;
    // Without an error the client would not hear of it.
    for (const socket of this.#open) socket.destroy(new Error('the client is closed'));
  }

  #watch(socket: Socket): void {
    const write = socket.write.bind(socket) as (data: Uint8Array | string, encoding?: BufferEncoding) => boolean;
    const watched = (data: Uint8Array | string, encoding?: BufferEncoding): boolean => {
      const wait = Buffer.isBuffer(data) ? this.#sending(data) : undefined;
      if (wait === undefined) return write(data, encoding);
      void wait.then(() => socket.destroyed || write(data, encoding));
      return true;
    };
    socket.write = watched as typeof socket.write;
  }

  #sending(request: Buffer): Promise<void> | undefined {
    const kind = request.length < 14 ? -1 : request.readInt16BE(4);
    if (kind === PRODUCE) this.#produced += 1;
    if (kind === LIST_OFFSETS && this.#isSeeingAll)
      request.writeInt8(READ_UNCOMMITTED, behindText(request, HEADER) + 4);
    if (kind !== JOIN_GROUP) return undefined;
    this.#joined += 1;
    return this.#beforeJoin?.(isOfMember(request), request);
  }
}

/** The client id is followed by: group id, two time-outs, member id (empty at first). */
function isOfMember(request: Buffer): boolean {
  return request.readInt16BE(behindText(request, behindText(request, HEADER)) + 8) > 0;
}

function behindText(request: Buffer, at: number): number {
  return at + 2 + Math.max(0, request.readInt16BE(at));
}
