import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Stands between clients and a server: breaks their connections, slows them down, and delivers bytes in small pieces. */
export class RoughNetwork {
  /** Every byte arrives so much later. */
  delayMs = 0;
  /** At most so many bytes arrive at once. */
  pieceBytes = Infinity;
  #server;
  #target;
  /** @type {Set<{ break(): void }>} */
  #lines = new Set();

  /**
   * @param {import('node:net').Server} server
   * @param {URL} target
   */
  constructor(server, target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#carry(client));
  }

  /** @param {string} url of the server */
  static async before(url) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RoughNetwork(server, new URL(url));
  }

  /** The server's URL as it is through this network. */
  get url() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `redis://127.0.0.1:${address.port}`;
  }

  get connections() {
    return this.#lines.size;
  }

  /** Breaks connections: each with this chance. */
  cut(chance = 1) {
    for (const line of [...this.#lines]) if (Math.random() < chance) line.break();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @param {import('node:net').Socket} client */
  #carry(client) {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const line = {
      break: () => {
        this.#lines.delete(line);
        client.resetAndDestroy();
        server.destroy();
      },
    };
    this.#lines.add(line);
    client.on('data', (bytes) => this.#send(server, bytes));
    server.on('data', (bytes) => this.#send(client, bytes));
    for (const socket of [client, server]) socket.on('close', line.break).on('error', () => undefined);
  }

  /**
   * @param {import('node:net').Socket} to
   * @param {Buffer} bytes
   */
  #send(to, bytes) {
    const send = () => {
      for (let at = 0; at < bytes.length && !to.destroyed; at += this.pieceBytes) {
        to.write(bytes.subarray(at, at + this.pieceBytes));
      }
    };
    if (this.delayMs > 0) setTimeout(send, this.delayMs);
    else send();
  }
}
