import { Project, Projection, ProjectionModule } from 'nest-event-backbone';
import type { Channel, StreamExtent } from 'nest-event-backbone/core';
import type { ProjectionView, StreamSummary } from 'nest-event-backbone/dashboard';
import { memoryChannel } from 'nest-event-backbone/memory';
import { memoryReadModel } from 'nest-event-backbone/projections';
import { describe, expect, it, vi } from 'vitest';
import { Orders, SECRET } from './server-shop.js';
import { EVENTUALLY, listenTo, startServer, STREAM } from './server-start.js';

describe('the watch over streams', () => {
  it('asks the server as often for twenty viewers as for one, and not at all for nobody', async () => {
    const { channel, calls } = counted(memoryChannel());
    const { ask } = await startServer({ channel });
    expect(calls()).toBe(0);
    const looksOf = async (count: number) => {
      const viewers = await Promise.all(Array.from({ length: count }, () => listenTo(ask, `?stream=${STREAM}`)));
      const [first] = viewers;
      const before = calls();
      const heard = first?.count.get('stream') ?? 0;
      await vi.waitFor(() => expect((first?.count.get('stream') ?? 0) - heard).toBeGreaterThanOrEqual(3), EVENTUALLY);
      const looks = (calls() - before) / ((first?.count.get('stream') ?? 0) - heard);
      for (const viewer of viewers) viewer.close();
      return looks;
    };
    const one = await looksOf(1);
    const twenty = await looksOf(20);
    // Two for each look; twenty who ask for themselves would be forty.
    expect(one).toBeLessThan(10);
    expect(twenty).toBeLessThan(10);
  });

  it('says that a server is away, and that it is back, by itself', async () => {
    const state = { isAway: false };
    const { ask, json } = await startServer({ channel: failing(memoryChannel(), state) });
    const viewer = await listenTo(ask);
    await vi.waitFor(() => expect(viewer.last.get('streams')).toMatchObject([{ events: 0 }]), EVENTUALLY);
    state.isAway = true;
    await vi.waitFor(() => expect(viewer.last.get('away')).toMatchObject([{ connection: 'default' }]), EVENTUALLY);
    const answer = await ask(`/api/streams/${STREAM}`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'EB_CHANNEL', away: true }]);
    state.isAway = false;
    await vi.waitFor(() => expect(viewer.last.get('away')).toEqual([]), EVENTUALLY);
    expect((await json<readonly StreamSummary[]>('/api/streams'))[0]?.seenAt).toBeGreaterThan(0);
  });
});

describe('the projections', () => {
  it('are shown with how far they have come', async () => {
    const projections = [ProjectionModule.forRoot({ model: memoryReadModel() })];
    const { ask, json, orders } = await startServer({ imports: projections, providers: [OrderList] });
    await orders.placed('1', SECRET, '', []);
    await vi.waitFor(
      async () =>
        expect(await json<readonly ProjectionView[]>('/api/projections')).toEqual([
          { name: 'order-list', stream: STREAM, status: 'live', handled: 1, lag: 0, lagMs: 0, progress: null },
        ]),
      EVENTUALLY,
    );
    const listening = await listenTo(ask);
    await vi.waitFor(
      () => expect(listening.last.get('projections')).toMatchObject([{ name: 'order-list' }]),
      EVENTUALLY,
    );
  });
});

@Projection('order-list', { contract: Orders, version: 1 })
class OrderList {
  create(): void {}

  @Project(Orders, (e) => e.placed)
  placed(): void {}
}

function counted(channel: Channel): { readonly channel: Channel; readonly calls: () => number } {
  let calls = 0;
  const { admin } = channel;
  const extent = admin.extent.bind(admin);
  const groups = admin.groups.bind(admin);
  Object.assign(admin, {
    extent: (...args: Parameters<typeof extent>) => ((calls += 1), extent(...args)),
    groups: (...args: Parameters<typeof groups>) => ((calls += 1), groups(...args)),
  });
  return { channel, calls: () => calls };
}

function failing(channel: Channel, state: { isAway: boolean }): Channel {
  const { admin } = channel;
  const extent = admin.extent.bind(admin);
  const away = (): Promise<StreamExtent> =>
    Promise.reject(Object.assign(new Error('no server'), { name: 'BackboneError', code: 'EB_CHANNEL', details: {} }));
  Object.assign(admin, { extent: (...args: Parameters<typeof extent>) => (state.isAway ? away() : extent(...args)) });
  return channel;
}
