import { randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { ContractEvent, EventBackboneModule, EventsContract, type ContractClass } from 'nest-event-backbone';
import { EventBackboneDashboardModule } from 'nest-event-backbone/dashboard';
import { redisChannel } from 'nest-event-backbone/redis';
import type { Round, RoundResult, Side } from './side.js';

@Module({})
class Application {}

/** A dashboard of many streams that some people watch: what that costs this process and the server. */
export class Dashboard implements Side {
  readonly #url: string;
  readonly #environment = `bench-${randomUUID().slice(0, 8)}`;
  readonly #client: Redis;
  #app: INestApplication | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#client = new Redis(url);
  }

  /** Makes so many streams, with an event in each. */
  async prepare(_kind: Round['kind'], streams: number): Promise<void> {
    const contracts = Array.from({ length: streams }, (_, i) => contractNamed(`stream-${i}`));
    const channel = redisChannel({ url: this.#url });
    const imports = [
      EventBackboneModule.forRoot({ channel, group: 'bench', environment: this.#environment }),
      EventBackboneModule.forFeature(contracts),
      EventBackboneDashboardModule.forRoot(),
    ];
    this.#app = await NestFactory.create({ module: Application, imports }, { logger: false });
    await this.#app.listen(0, '127.0.0.1');
    for (const { name } of contracts) {
      const stream = { environment: this.#environment, contract: name };
      await channel.publish(stream, [sample(randomUUID())]);
    }
  }

  /** Counts what the server is asked while so many watch; `dashboard-20` is watched by twenty. */
  async run({ kind, amount }: Round): Promise<RoundResult> {
    const viewers = Number(kind.split('-').at(-1));
    const leaving = new AbortController();
    const base = (await this.#app?.getUrl()) ?? '';
    const watching = Array.from({ length: viewers }, (_, i) =>
      watch(`${base}/event-backbone/api/live?stream=default~${this.#environment}~stream-${i % 3}`, leaving.signal),
    );
    await pause(1_000);
    const [before, cpu, began] = [await this.#commands(), process.cpuUsage(), performance.now()];
    await pause(amount);
    const { user, system } = process.cpuUsage(cpu);
    const ms = performance.now() - began;
    const commands = (await this.#commands()) - before;
    leaving.abort();
    await Promise.all(watching);
    return { cpu: (user + system) / (ms * 10), perSecond: (commands * 1_000) / ms };
  }

  async close(): Promise<void> {
    await this.#app?.close();
    this.#client.disconnect();
  }

  async #commands(): Promise<number> {
    const [, count = '0'] = /^total_commands_processed:(\d+)/m.exec(await this.#client.info('stats')) ?? [];
    return Number(count);
  }
}

function contractNamed(name: string): ContractClass {
  @EventsContract(name)
  class Contract {
    @ContractEvent()
    happened() {
      return {};
    }
  }
  Object.defineProperty(Contract, 'name', { value: name });
  return Contract;
}

function sample(id: string) {
  return {
    ...{ id, source: 'bench', type: 'happened.v1', time: Date.now(), key: id, correlationId: id },
    ...{ contentType: 'application/json', headers: {}, fields: {}, personal: [] },
  };
}

async function watch(url: string, signal: AbortSignal): Promise<void> {
  const { body } = await fetch(url, { signal });
  try {
    // What is not read would be kept back.
    await body?.pipeTo(new WritableStream());
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
