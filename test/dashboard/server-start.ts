import type { INestApplication, ModuleMetadata, Provider } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { EventBackboneModule, getProducerToken, type Channel, type Producer } from 'nest-event-backbone';
import {
  EventBackboneDashboardModule,
  type DashboardModuleOptions,
  type DeadLetterPage,
} from 'nest-event-backbone/dashboard';
import { memoryChannel } from 'nest-event-backbone/memory';
import { expect, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { Orders, Packing } from './server-shop.js';

/** The one stream of the application, as it stands in paths. */
export const STREAM = 'default~default~shop-orders';
export const EVENTS = `/api/streams/${STREAM}/events`;
export const LETTERS = `/api/streams/${STREAM}/groups/packing/dead-letters`;

/** How long to wait for what must come, on a slow machine, too. */
export const EVENTUALLY = { timeout: 20_000 };

/** An application with a dashboard, on a port of its own. */
export interface StartedServer {
  readonly app: INestApplication;
  readonly url: string;
  readonly orders: Producer<Orders>;
  readonly packing: Packing;
  readonly logged: readonly string[];
  /** Asks below the dashboard's path. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  /** The JSON of an answer that must be 200. */
  readonly json: <T>(path: string) => Promise<T>;
}

/** How to start it. */
export interface ServerSetup {
  readonly channel?: Channel;
  readonly dashboard?: DashboardModuleOptions;
  readonly server?: 'express' | 'fastify';
  readonly prefix?: string;
  readonly environment?: string;
  readonly imports?: ModuleMetadata['imports'];
  readonly providers?: readonly Provider[];
  /** Where the page is; there is none otherwise. */
  readonly page?: string;
}

/** Starts an application; it is closed when the test ends. */
export async function startServer({
  channel = memoryChannel(),
  dashboard = {},
  server = 'express',
  prefix = '',
  environment,
  imports = [],
  providers = [],
  page = '/nowhere/at/all',
}: ServerSetup = {}): Promise<StartedServer> {
  const { logger, logged } = quietLogger();
  const builder = Test.createTestingModule({
    providers: [Packing, ...providers],
    imports: [
      EventBackboneModule.forRoot({ channel, group: 'packing', environment, retry: { attempts: 1 } }),
      EventBackboneModule.forFeature([Orders]),
      EventBackboneDashboardModule.forRoot(dashboard),
      ...imports,
    ],
  })
    .overrideProvider('nest-event-backbone:dashboard-page')
    .useValue(page)
    .setLogger(logger);
  const module = await builder.compile();
  const app: INestApplication =
    server === 'express'
      ? module.createNestApplication()
      : module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  onTestFinished(() => app.close());
  if (prefix !== '') app.setGlobalPrefix(prefix);
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}${prefix === '' ? '' : `/${prefix}`}/${dashboard.path ?? 'event-backbone'}`;
  const ask = (path: string, init?: RequestInit) => fetch(`${url}${path}`, { redirect: 'manual', ...init });
  const json = async <T>(path: string): Promise<T> => {
    const answer = await ask(path);
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const orders = app.get<Producer<Orders>>(getProducerToken(Orders));
  return { app, url, orders, packing: app.get(Packing), logged, ask, json };
}

/** What a viewer of the live feed hears. */
export interface Listening {
  /** The last data of each event by its name. */
  readonly last: ReadonlyMap<string, unknown>;
  /** How often each event was heard. */
  readonly count: ReadonlyMap<string, number>;
  /** Resolves when the server has ended the feed. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

/** Begins to listen to a live feed; it is left when the test ends. */
export async function listenTo(ask: StartedServer['ask'], query = ''): Promise<Listening> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const answer = await ask(`/api/live${query}`, { signal: leaving.signal });
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new Error(`no feed: ${answer.status}`);
  const last = new Map<string, unknown>();
  const count = new Map<string, number>();
  const listen = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (name === undefined || data === undefined) continue;
        last.set(name, JSON.parse(data));
        count.set(name, (count.get(name) ?? 0) + 1);
      }
    }
  };
  return { last, count, ended: listen().catch(() => undefined), close: () => leaving.abort() };
}

/** The page of dead letters, once there is one. */
export async function oneLetter(json: StartedServer['json']): Promise<DeadLetterPage> {
  return vi.waitFor(async () => {
    const page = await json<DeadLetterPage>(LETTERS);
    expect(page.total).toBe(1);
    return page;
  }, EVENTUALLY);
}
