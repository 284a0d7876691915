import { Test } from '@nestjs/testing';
import { EventBackboneModule } from 'nest-event-backbone';
import type { Session } from 'nest-event-backbone/dashboard';
import { memoryChannel } from 'nest-event-backbone/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { OperationsModule } from './example/operations.module.js';

it('the example of docs/dashboard.md lets its staff in, in production, too, and gives them what their roles allow', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  vi.stubEnv('STAFF_TOKEN', 'a-token');
  onTestFinished(() => void vi.unstubAllEnvs());
  const imports = [EventBackboneModule.forRoot({ channel: memoryChannel() }), OperationsModule];
  const builder = Test.createTestingModule({ imports }).setLogger(quietLogger().logger);
  const app = (await builder.compile()).createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/ops/events/api/session`;
  expect((await fetch(url)).status).toBe(403);
  const answer = await fetch(url, { headers: { authorization: 'Bearer a-token' } });
  expect((await answer.json()) as Session).toMatchObject({ actions: true, personal: false, connections: ['default'] });
});
