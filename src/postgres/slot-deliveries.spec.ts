import { describe, expect, it } from 'vitest';
import { HeldSlot } from './held-slot.js';
import type { HandedOut, SlotsRead } from './slot-reads.js';
import { SlotDeliveries } from './slot-deliveries.js';

describe('events that are set aside when they are read, because their key is parked', () => {
  it('keep no others from being handed out when that cannot be stored, and are stored by the next look', async () => {
    const { deliveries, server } = scene([[handed(11, { isParked: true }), handed(12)], []]);
    server.isAway = true;
    const first = await deliveries.take(10);
    expect(first).toMatchObject({ deliveries: [{ position: { id: '12' } }], parked: 1 });
    expect(server.checkpoints).toEqual([]);
    server.isAway = false;
    await deliveries.take(10);
    expect(server.checkpoints).toEqual(['11']);
    await deliveries.settle((first?.deliveries ?? []).map((delivery) => ({ delivery })));
    expect(server.checkpoints).toEqual(['11', '12']);
  });

  it('make a look fail that has nothing to hand out, and are stored by the next one', async () => {
    const { deliveries, server } = scene([[handed(11, { isParked: true })], []]);
    server.isAway = true;
    await expect(deliveries.take(10)).rejects.toThrow('away');
    server.isAway = false;
    await deliveries.take(10);
    expect(server.checkpoints).toEqual(['11']);
  });
});

describe('events that were read', () => {
  it('are handed out while others are being settled', async () => {
    const { deliveries, server } = scene([[handed(11)], [handed(12)]]);
    const first = await deliveries.take(10);
    const answered = server.hold();
    const settled = deliveries.settle((first?.deliveries ?? []).map((delivery) => ({ delivery })));
    expect(await deliveries.take(10)).toMatchObject({ deliveries: [{ position: { id: '12' } }] });
    expect(server.checkpoints).toEqual([]);
    answered();
    expect(await settled).toEqual([]);
    expect(server.checkpoints).toEqual(['11']);
  });
});

/** One slot, of which each look reads the next of these pages. */
function scene(pages: readonly (readonly HandedOut[])[]) {
  const slot = new HeldSlot({
    ...{ slot: 1, epoch: '3', parks: '0' },
    checkpoint: 10n,
    delivered: 10n,
    done: [],
    replayedTo: 0n,
  });
  const left = [...pages];
  let held = Promise.resolve();
  const server = {
    isAway: false,
    checkpoints: [] as string[],
    /** Answers no more until what it returns is called. */
    hold: () => {
      let goOn: () => void = () => undefined;
      held = new Promise<void>((resolve) => (goOn = resolve));
      return goOn;
    },
  };
  const deliveries = new SlotDeliveries({
    share: { held: new Map([[1, slot]]), lose: () => undefined, confirm: () => Promise.resolve() },
    reads: { read: () => Promise.resolve(page(left.shift() ?? [])) },
    writes: {
      settle: async (progress) => {
        await held;
        if (server.isAway) throw new Error('the server is away');
        server.checkpoints.push(...progress.map(({ checkpoint }) => checkpoint));
        return new Set(progress.map(({ slot: own }) => own));
      },
      record: () => Promise.resolve(new Set()),
    },
    types: undefined,
    parkKeys: true,
  });
  return { deliveries, server };
}

function page(events: readonly HandedOut[]): SlotsRead {
  return { mark: { safe: 20n, last: 20n, appending: [], waitingMs: 0 }, readTo: 20n, events, refused: [] };
}

function handed(position: number, { isParked = false } = {}): HandedOut {
  const names = { id: `id-${position}`, type: 'sampleTaken.v1', key: 'key', time: '0', appended_at: '0' };
  const row = { ...names, position: String(position), metadata: '{}', fields: '{}', personal: null };
  return { slot: 1, row, deliveries: 1, past: undefined, isParked };
}
