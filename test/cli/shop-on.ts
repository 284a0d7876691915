import { randomUUID } from 'node:crypto';
import type { Channel, Stream } from 'nest-event-backbone';
import { onTestFinished } from 'vitest';
import type { Installed } from './install-package.js';
import { runCli, startCli, type Ran, type Running, type StartedCli } from './run-cli.js';

/** A server, and the one that keeps the data keys. */
export interface Servers {
  readonly server: string;
  readonly keys: string;
  /** Opens a channel of the test itself, to be a group on. */
  readonly open: () => Channel;
}

/** An environment of its own on a server, with the configuration of the shop. */
export class ShopOn {
  readonly stream: Stream;
  readonly #installed: Installed;
  readonly #servers: Servers;

  constructor(installed: Installed, servers: Servers) {
    this.#installed = installed;
    this.#servers = servers;
    this.stream = { environment: `cli-${randomUUID()}`, contract: 'shop' };
  }

  run(args: readonly string[], how: Running = {}): Promise<Ran> {
    return runCli(this.#installed, args, this.#how(how));
  }

  start(args: readonly string[], how: Running = {}): StartedCli {
    return startCli(this.#installed, args, this.#how(how));
  }

  /** Runs a command that must be done, and returns what it has written. */
  async done(args: readonly string[], how?: Running): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, how);
    if (code !== 0) throw new Error(`event-backbone ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Runs a command that must be done, and reads the JSON that it has written. */
  async json(args: readonly string[], how?: Running): Promise<unknown> {
    return JSON.parse(await this.done([...args, '--json'], how));
  }

  /** Appends events by lines of JSON. */
  append(events: readonly object[]): Promise<string> {
    return this.done(['append', '--file', '-'], { input: events.map((event) => JSON.stringify(event)).join('\n') });
  }

  /** Lets a group handle everything there is; what is chosen becomes a dead letter. */
  async handleAll(isDead: (type: string) => boolean = () => false): Promise<void> {
    const channel = this.#servers.open();
    onTestFinished(() => channel.close());
    const subscription = channel.subscribe({ stream: this.stream, group: 'packing', batchSize: 100 });
    for await (const { deliveries, caughtUp } of subscription) {
      const settlements = deliveries.map((delivery) => {
        const { message } = delivery;
        return message && isDead(message.type) ? { delivery, deadLetter: REASON } : { delivery };
      });
      if (settlements.length > 0) await subscription.settle(settlements);
      if (caughtUp && (await this.#isDone(channel))) break;
    }
    await subscription.close();
  }

  /** What is waiting for a position to be safe is handed out later. */
  async #isDone(channel: Channel): Promise<boolean> {
    const [{ last }, state] = await Promise.all([
      channel.admin.extent(this.stream),
      channel.admin.state(this.stream, 'packing'),
    ]);
    return last.every(({ partition, id }) =>
      state?.delivered.some((reached) => reached.partition === partition && reached.id === id),
    );
  }

  #how(how: Running): Running {
    const { server, keys } = this.#servers;
    const env = { SERVER: server, KEYS: keys, ENVIRONMENT: this.stream.environment, ...how.env };
    return { ...how, env };
  }
}

const REASON = {
  kind: 'failed',
  code: 'EB_HANDLER',
  error: 'TypeError: \u001b[31mno such product',
  stack: 'TypeError: no such product\n    at pack (warehouse.js:1:2)',
  attempts: 3,
} as const;
