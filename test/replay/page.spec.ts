import { Test } from '@nestjs/testing';
import { Backbone, EventBackboneModule, getProducerToken, type Producer } from 'nest-event-backbone';
import { EventBackboneTestingModule, EventRecorder } from 'nest-event-backbone/testing';
import { expect, it, onTestFinished } from 'vitest';
import { Archive, Mails, Operations, Orders, Statistics } from './page/orders.js';

it('the example of docs/replay.md counts again, mails nobody twice, and tells what is a replay', async () => {
  const imports = [EventBackboneTestingModule.forRoot(), EventBackboneModule.forFeature([Orders])];
  const app = await Test.createTestingModule({
    imports,
    providers: [Statistics, Mails, Archive, Operations],
  }).compile();
  onTestFinished(() => app.close());
  await app.init();
  const orders = app.get<Producer<Orders>>(getProducerToken(Orders));
  const recorder = app.get(EventRecorder);
  await orders.placed('7', 'ada@example.org');
  await recorder.settled();
  app.get(Statistics).orders.clear();
  expect(await app.get(Operations).countAgain(new Date(0))).toBe(1);
  for (const group of ['mails', 'archive']) {
    await app.get(Backbone).replay(Orders, group, { from: 'beginning' });
  }
  await recorder.settled();
  expect([...app.get(Statistics).orders]).toEqual(['7']);
  expect(app.get(Mails).sent).toEqual(['ada@example.org']);
  expect(app.get(Archive).lines).toEqual(['7', '7 once more']);
});
