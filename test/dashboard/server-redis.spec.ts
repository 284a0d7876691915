import { randomUUID } from 'node:crypto';
import type { Channel, Stream } from 'nest-event-backbone/core';
import type { DeadLetterPage, EventPage, StreamDetail } from 'nest-event-backbone/dashboard';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { startServer as startRedis } from '../redis/start-server.js';
import { sampleMessage } from '../redis/sample-message.js';
import { SECRET } from './server-shop.js';
import { EVENTUALLY, listenTo, startServer } from './server-start.js';

const MANY = 10_000;

// Without a server the global set-up says why there is none.
describe.skipIf(redisUrl === '')('the dashboard on Redis', () => {
  it('tells how large a stream is, who consumes it, and what is in its events', async () => {
    const { channel, stream, id } = sandbox();
    const { json, orders } = await startServer({ channel, environment: stream.environment });
    for (let i = 0; i < 120; i += 1) await orders.placed(String(i), SECRET, 'a note', [{ item: i }]);
    await vi.waitFor(async () => {
      const detail = await json<StreamDetail>(`/api/streams/${id}`);
      expect(detail).toMatchObject({ channel: 'redis', events: 120, isEstimated: false, lag: 0 });
      expect(detail.bytes).toBeGreaterThan(120 * 100);
      expect(detail.lastAt).toBeGreaterThan(Date.now() - 60_000);
      expect(detail.groupStates).toMatchObject([{ consumers: [{ isHere: true, pending: 0, partitions: null }] }]);
    }, EVENTUALLY);
    const keys: string[] = [];
    let before: string | undefined = '';
    while (before !== undefined) {
      const page: EventPage = await json(`/api/streams/${id}/events?limit=50&before=${encodeURIComponent(before)}`);
      expect(page.events[0]?.arguments).toMatchObject({ note: 'a note', email: { $personal: true } });
      keys.push(...page.events.map(({ key }) => key));
      before = page.older;
    }
    expect(keys).toEqual(Array.from({ length: 120 }, (_, i) => String(119 - i)));
  });

  it('goes through ten thousand dead letters page by page, and hands out again what it is told to', async () => {
    const { channel, stream, id } = sandbox();
    await setAside(channel, stream, MANY);
    const { json, ask } = await startServer({
      ...{ channel, environment: stream.environment, dashboard: { actions: true } },
    });
    const path = `/api/streams/${id}/groups/other/dead-letters`;
    const ids: string[] = [];
    let after: string | undefined = '';
    while (after !== undefined) {
      const page: DeadLetterPage = await json(`${path}?limit=1000&after=${after}`);
      expect(page.total).toBe(MANY);
      ids.push(...page.letters.map((letter) => letter.id));
      after = page.next;
    }
    expect(new Set(ids).size).toBe(MANY);
    const some = ids.slice(0, 1_000);
    const answer = await ask(`${path}/redrive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-event-backbone-action': 'redrive' },
      body: JSON.stringify({ ids: some, confirmed: some.length }),
    });
    expect([answer.status, await answer.json()]).toEqual([200, { done: 1_000 }]);
    expect((await json<DeadLetterPage>(`${path}?limit=1`)).total).toBe(MANY - 1_000);
  });

  it('names the consumer that holds each partition', async () => {
    const { stream, id } = sandbox();
    const channel = redisChannel({ url: redisUrl, partitions: 3 });
    onTestFinished(() => channel.close());
    const { json } = await startServer({ channel, environment: stream.environment });
    await vi.waitFor(async () => {
      const { groupStates } = await json<StreamDetail>(`/api/streams/${id}`);
      expect(groupStates).toMatchObject([{ consumers: [{ isHere: true, partitions: [0, 1, 2] }] }]);
    }, EVENTUALLY);
  });

  it('says that Redis is away, and is there again when Redis is', { timeout: 90_000 }, async () => {
    const server = await startRedis();
    const { json, ask, orders } = await startServer({
      channel: openChannel({ url: server.url, commandTimeoutMs: 500 }),
    });
    const path = '/api/streams/default~default~shop-orders';
    await orders.placed('1', SECRET, '', []);
    const listening = await listenTo(ask);
    await vi.waitFor(async () => expect(await json<StreamDetail>(path)).toMatchObject({ events: 1 }), EVENTUALLY);
    await server.kill();
    await vi.waitFor(() => expect(listening.last.get('away')).toMatchObject([{ connection: 'default' }]), EVENTUALLY);
    const answer = await ask(path);
    expect([answer.status, await answer.json()]).toMatchObject([503, { away: true }]);
    await startRedis({ port: server.port, dir: server.dir });
    await vi.waitFor(() => expect(listening.last.get('away')).toEqual([]), { timeout: 40_000 });
    expect((await ask(path)).status).toBe(200);
  });

  it('does without the size where the user may not ask for it', async () => {
    const client = openClient();
    const name = `dashboard-${randomUUID()}`;
    await client.acl('SETUSER', name, 'on', '>secret', '~*', '&*', '+@all', '-memory|usage');
    onTestFinished(async () => {
      await client.acl('DELUSER', name);
    });
    const { stream } = sandbox();
    const url = Object.assign(new URL(redisUrl), { username: name, password: 'secret' });
    const channel = openChannel({ url: url.href });
    await channel.publish(stream, [sampleMessage()]);
    expect(await channel.admin.extent(stream)).toMatchObject({ events: 1, bytes: undefined });
  });
});

function sandbox(): { readonly channel: Channel; readonly stream: Stream; readonly id: string } {
  const environment = `dashboard-${randomUUID().slice(0, 8)}`;
  const stream = { environment, contract: 'shop-orders' };
  return { channel: openChannel(), stream, id: `default~${environment}~shop-orders` };
}

/** Has a group of its own set events aside. */
async function setAside(channel: Channel, stream: Stream, count: number): Promise<void> {
  const messages = Array.from({ length: count }, () => sampleMessage());
  for (let i = 0; i < count; i += 1_000) await channel.publish(stream, messages.slice(i, i + 1_000));
  const subscription = channel.subscribe({ stream, group: 'other', batchSize: 1_000 });
  let settled = 0;
  for await (const { deliveries } of subscription) {
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await subscription.settle(deliveries.map((delivery) => ({ delivery, deadLetter })));
    settled += deliveries.length;
    if (settled >= count) break;
  }
  await subscription.close();
}
