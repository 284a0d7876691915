import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

const API_VERSIONS = 18;
/** Of no request that there is. */
const NO_API = 9_999;

/** Stands before a broker and lets it seem older than it is: it does not know some of the requests. */
export class OldBroker {
  /** How many connections there have been. */
  connections = 0;
  readonly #server = createServer((client) => this.#connect(client));
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #unknown: readonly number[] = [];

  private constructor(address: string) {
    const [host = '', port] = address.split(':');
    this.#target = { host, port: Number(port) };
  }

  static async before(address: string): Promise<OldBroker> {
    const broker = new OldBroker(address);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on the broker does not know these requests, by their keys; who is connected must connect anew. */
  forget(...apis: readonly number[]): void {
    this.#unknown = apis;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(client: Socket): void {
    this.connections += 1;
    const server = connect(this.#target);
    const asked = new Set<number>();
    relay(client, server, (request) => {
      if (request.readInt16BE(4) === API_VERSIONS) asked.add(request.readInt32BE(8));
    });
    relay(server, client, (reply) => {
      if (asked.delete(reply.readInt32BE(4))) this.#rewrite(reply);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  /** Size and number are followed by an error code, and a list of key, lowest and highest version. */
  #rewrite(reply: Buffer): void {
    const count = reply.readInt32BE(10);
    for (let i = 0; i < count; i += 1) {
      const at = 14 + 6 * i;
      if (this.#unknown.includes(reply.readInt16BE(at))) reply.writeInt16BE(NO_API, at);
    }
  }
}

/** Passes on what comes, one whole frame after the other. */
function relay(from: Socket, to: Socket, see: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  from.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const frame = Buffer.from(rest.subarray(0, 4 + rest.readInt32BE(0)));
      rest = rest.subarray(frame.length);
      see(frame);
      to.write(frame);
    }
  });
}
