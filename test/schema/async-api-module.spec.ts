import { Parser } from '@asyncapi/parser';
import {
  Injectable,
  VersioningType,
  type CanActivate,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AsyncApi,
  AsyncApiModule,
  ContractEvent,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  type AsyncApiModuleOptions,
} from 'nest-event-backbone';
import type { AsyncApiDocument } from 'nest-event-backbone/schema';
import { EventBackboneTestingModule } from 'nest-event-backbone/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { quietLogger } from '../nest/start-application.js';
import { Orders } from './page/orders.js';

@EventsContract('heartbeats')
class Heartbeats {
  @ContractEvent()
  beat() {
    return {};
  }
}

@Injectable()
class Transit {
  @EventHandler(Orders, (e) => e.placed)
  pack(): void {}

  @EventHandler(Orders, (e) => e.placed, { group: 'statistics' })
  count(): void {}
}

const info = { title: 'Shop', version: '1.0.0' };

/** Starts an application on a port of its own; it is closed when the test ends. */
async function start(
  options: AsyncApiModuleOptions,
  metadata: ModuleMetadata = {},
  prepare: (app: INestApplication) => void = () => undefined,
): Promise<{ readonly app: INestApplication; readonly get: (path: string) => Promise<Response> }> {
  const builder = Test.createTestingModule({
    ...metadata,
    imports: [AsyncApiModule.forRoot(options), ...(metadata.imports ?? [])],
  });
  const app = (await builder.setLogger(quietLogger().logger).compile()).createNestApplication();
  onTestFinished(() => app.close());
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, get: (path) => fetch(`${url}${path}`) };
}

const backbone = (): ModuleMetadata => ({
  imports: [EventBackboneTestingModule.forRoot(), EventBackboneModule.forFeature([Heartbeats])],
  providers: [Transit],
});

describe('the AsyncAPI module', () => {
  it('serves what the application produces and consumes, as JSON and as YAML', { timeout: 60_000 }, async () => {
    const { app, get } = await start({ info, path: '/docs/events/' }, backbone());
    const json = await get('/docs/events.json');
    expect(json.status).toBe(200);
    expect(json.headers.get('content-type')).toMatch('application/json');
    const document = (await json.json()) as AsyncApiDocument;
    expect(document.info).toEqual(info);
    expect(Object.keys(document.channels).sort()).toEqual(['heartbeats', 'orders']);
    expect(Object.keys(document.operations)).toEqual(
      expect.arrayContaining(['receive:test:orders', 'receive:statistics:orders']),
    );
    expect(document.components.schemas['Customer']?.properties?.['email']).toEqual({ type: 'string', format: 'email' });
    const { diagnostics } = await new Parser().parse(JSON.stringify(document));
    expect(diagnostics.filter(({ severity }) => [0, 1].includes(severity))).toEqual([]);

    const yaml = await get('/docs/events.yaml');
    expect(yaml.headers.get('content-type')).toMatch('application/yaml');
    expect(parse(await yaml.text())).toEqual(document);
    await expect(app.get(AsyncApi).document()).resolves.toMatchObject({ asyncapi: '3.0.0' });
  });

  it('needs no connection for contracts that are named', async () => {
    const { get } = await start({ info, contracts: [Heartbeats] });
    const document = (await (await get('/asyncapi.json')).json()) as AsyncApiDocument;
    expect(Object.keys(document.channels)).toEqual(['heartbeats']);
    await expect(start({ info })).rejects.toThrow('connection');
  });

  it('is reached whatever version of the routes is asked for, and guarded like any route', async () => {
    const { get } = await start({ info, contracts: [Heartbeats] }, {}, (app) => {
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
      app.setGlobalPrefix('api');
    });
    expect((await get('/api/asyncapi.json')).status).toBe(200);
    const nobody: CanActivate = { canActivate: () => false };
    const guarded = await start({ info, contracts: [Heartbeats] }, {}, (app) => app.useGlobalGuards(nobody));
    expect((await guarded.get('/asyncapi.json')).status).toBe(403);
  });

  it('refuses options that cannot work', () => {
    const wrong = [{ info, path: '/' }, { info: { title: 'x' } }, {}, { info, route: 'x' }];
    for (const options of wrong) {
      expect(() => AsyncApiModule.forRoot(options as AsyncApiModuleOptions)).toThrow('EB_OPTIONS');
    }
  });
});
