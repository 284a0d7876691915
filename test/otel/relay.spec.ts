import { Test } from '@nestjs/testing';
import {
  ContractEvent,
  EventBackboneModule,
  EventsContract,
  getProducerToken,
  RelayModule,
  type Channel,
  type Producer,
} from 'nest-event-backbone';
import { BackboneError } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { PrometheusModule } from 'nest-event-backbone/prometheus';
import { expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number) {
    return { number };
  }
}

/** A channel that takes no append for now. */
function away(channel: Channel): Channel {
  const refuse = () => Promise.reject(new BackboneError('EB_NOT_STORED', 'away'));
  return Object.create(channel, { publish: { value: refuse } }) as Channel;
}

/** Starts an application that relays to another connection, and shows the metrics of both. */
async function start(from: Channel, to: Channel) {
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({ channel: from, environment: 'here' }),
      EventBackboneModule.forRoot({ name: 'there', channel: to, environment: 'there' }),
      EventBackboneModule.forFeature([Orders]),
      RelayModule.forRoot({ to: 'there', contracts: [Orders], group: 'outbox' }),
      PrometheusModule.forRoot({ pollMs: 1 }),
      PrometheusModule.forRoot({ connection: 'there', path: 'metrics/there', pollMs: 1 }),
    ],
  });
  const module = await builder.setLogger(quietLogger().logger).compile();
  const app = module.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    orders: app.get<Producer<Orders>>(getProducerToken(Orders)),
    shown: async (path: string) => (await fetch(`${url}${path}`)).text(),
  };
}

const WAIT = { timeout: 20_000 };

it('a relay counts what it has sent, where it was sent to, and what its group has processed, where it reads', async () => {
  const { orders, shown } = await start(memoryChannel(), memoryChannel());
  for (const number of [1, 2, 3]) await orders.placed(number);
  await vi.waitFor(async () => {
    expect(await shown('/metrics/there')).toMatch(
      /^messaging_client_sent_messages_total\{[^}]*name="there:orders"[^}]*type="placed\.v1"[^}]*group_name="outbox"[^}]*\} 3$/m,
    );
    const here = await shown('/metrics');
    expect(here).toMatch(
      /^messaging_client_consumed_messages_total\{[^}]*name="here:orders"[^}]*group_name="outbox"[^}]*outcome="done"[^}]*\} 3$/m,
    );
    expect(here).toMatch(/^event_backbone_group_lag\{[^}]*group_name="outbox"[^}]*\} 0$/m);
    expect(here).toMatch(/^event_backbone_group_pending\{[^}]*group_name="outbox"[^}]*\} 0$/m);
  }, WAIT);
});

it('a relay whose target is away shows what waits, for how long, and that nothing was sent', async () => {
  const { orders, shown } = await start(memoryChannel(), away(memoryChannel()));
  for (let number = 1; number <= 250; number += 1) await orders.placed(number);
  await vi.waitFor(async () => {
    const here = await shown('/metrics');
    const of = (name: string) =>
      Number(new RegExp(`^event_backbone_group_${name}\\{[^}]*group_name="outbox"[^}]*\\} (.+)$`, 'm').exec(here)?.[1]);
    expect(of('lag') + of('pending')).toBe(250);
    expect(of('pending_age')).toBeGreaterThan(0);
    expect(here).not.toContain('messaging_client_consumed_messages_total{');
  }, WAIT);
  const there = await shown('/metrics/there');
  expect(there).not.toContain('messaging_client_sent_messages_total{');
  expect(there).toMatch(/^event_backbone_faults_total\{[^}]*group_name="outbox"[^}]*kind="waiting"[^}]*\} /m);
});
