import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery, Settlement } from './delivery.js';
import { Settler } from './settler.js';

const settlement = (n: number): Settlement => ({
  delivery: { position: { partition: 0, id: String(n) }, appendedAt: 0, deliveries: 1 },
});

/** A server that confirms, refuses or hangs as the test says. */
class Server {
  readonly calls: (readonly Settlement[])[] = [];
  readonly settled: Settlement[] = [];
  readonly lost: Delivery[] = [];
  readonly failures: unknown[] = [];
  refuses = 0;
  hanging: Promise<unknown> | undefined;

  readonly settler = new Settler(
    {
      settle: async (settlements) => {
        this.calls.push(settlements);
        await this.hanging;
        if (this.refuses > 0) {
          this.refuses -= 1;
          throw new Error('not confirmed');
        }
        return settlements.filter(({ delivery }) => delivery.position.id === '13').map(({ delivery }) => delivery);
      },
    },
    {
      settled: (settlements, lost) => {
        this.settled.push(...settlements);
        this.lost.push(...lost);
      },
      failed: (error) => this.failures.push(error),
    },
  );
}

describe('a settler', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const turn = () => vi.advanceTimersByTimeAsync(0);

  it('sends what ends in one turn in one call', async () => {
    const server = new Server();
    const all = [1, 2, 3].map(settlement);
    for (const each of all) server.settler.add(each);
    expect(server.calls).toEqual([]);
    await turn();
    expect(server.calls).toEqual([all]);
    expect(server.settled).toEqual(all);
  });

  it('sends one call at a time, and what ends meanwhile with the next', async () => {
    const server = new Server();
    let confirm: () => void = () => undefined;
    server.hanging = new Promise<void>((resolve) => (confirm = resolve));
    server.settler.add(settlement(1));
    await turn();
    server.settler.add(settlement(2));
    server.settler.add(settlement(3));
    await turn();
    expect(server.calls).toHaveLength(1);
    confirm();
    await turn();
    expect(server.calls).toEqual([[settlement(1)], [settlement(2), settlement(3)]]);
  });

  it('tries again until the server confirms, in order and with longer pauses up to two seconds', async () => {
    const server = new Server();
    server.refuses = 9;
    server.settler.add(settlement(1));
    await turn();
    server.settler.add(settlement(2));
    const pauses: number[] = [];
    let last = Date.now();
    while (server.settled.length < 2) {
      const calls = server.calls.length;
      while (server.calls.length === calls) await vi.advanceTimersByTimeAsync(1);
      pauses.push(Date.now() - last);
      last = Date.now();
      await turn();
    }
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    expect(server.failures).toHaveLength(9);
    expect(server.settled).toEqual([settlement(1), settlement(2)]);
  });

  it('begins with short pauses again after a success', async () => {
    const server = new Server();
    server.refuses = 3;
    server.settler.add(settlement(1));
    await vi.advanceTimersByTimeAsync(50 + 100 + 200);
    expect(server.settled).toHaveLength(1);
    server.refuses = 1;
    server.settler.add(settlement(2));
    await turn();
    await vi.advanceTimersByTimeAsync(50);
    expect(server.settled).toHaveLength(2);
  });

  it('tells what this consumer no longer owned', async () => {
    const server = new Server();
    for (const n of [12, 13]) server.settler.add(settlement(n));
    await turn();
    expect(server.lost).toEqual([settlement(13).delivery]);
    expect(server.settled).toHaveLength(2);
  });

  it('is flushed when everything added is confirmed, and at once when nothing is left', async () => {
    const server = new Server();
    await server.settler.flushed();
    server.refuses = 2;
    server.settler.add(settlement(1));
    const flushed = server.settler.flushed();
    server.settler.add(settlement(2));
    await vi.advanceTimersByTimeAsync(150);
    await flushed;
    expect(server.settled).toEqual([settlement(1), settlement(2)]);
    await server.settler.flushed();
  });

  it('goes on after a flush, also when that overtook a call that was about to be made', async () => {
    const server = new Server();
    server.settler.add(settlement(1));
    await server.settler.flushed();
    await turn();
    server.settler.add(settlement(2));
    await turn();
    expect(server.settled).toEqual([settlement(1), settlement(2)]);
    await server.settler.flushed();
  });

  it('sends nothing any more once it is closed, and keeps nobody waiting', async () => {
    const server = new Server();
    server.refuses = Infinity;
    server.settler.add(settlement(1));
    await turn();
    const flushed = server.settler.flushed();
    server.settler.close();
    await flushed;
    const calls = server.calls.length;
    server.settler.add(settlement(2));
    await vi.advanceTimersByTimeAsync(10_000);
    await server.settler.flushed();
    expect(server.calls).toHaveLength(calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});
