import { describe, expect, it } from 'vitest';
import type { Delivery } from '../core/index.js';
import { HeldSlot } from './held-slot.js';

function slotWith(positions: readonly bigint[], done: readonly bigint[] = []): HeldSlot {
  const slot = new HeldSlot({ slot: 1, epoch: '3', parks: '0', checkpoint: 10n, delivered: 10n, done, replayedTo: 0n });
  for (const position of positions) {
    slot.handedOut(position);
    const delivery = { position: { partition: 0, id: String(position) } } as Delivery;
    slot.inHand.set(position, { delivery, starts: 0 });
  }
  return slot;
}

const ended = (...positions: readonly bigint[]) => new Map(positions.map((each) => [each, `id-${each}`]));

describe('the progress of a slot', () => {
  it('is the last event before the first one that is in hand', () => {
    const slot = slotWith([11n, 13n, 17n]);
    expect(slot.progress(ended(11n))).toMatchObject({ checkpoint: '11', anchor: 'id-11', done: [] });
    expect(slot.progress(ended(13n))).toMatchObject({ checkpoint: '10', anchor: null, done: ['13'] });
    expect(slot.progress(ended(17n, 11n, 13n))).toMatchObject({ checkpoint: '17', anchor: 'id-17', done: [] });
  });

  it('changes only when it was stored', () => {
    const slot = slotWith([11n, 13n]);
    slot.progress(ended(11n));
    expect(slot.progress(ended(13n))).toMatchObject({ checkpoint: '10', done: ['13'] });
    slot.settled(ended(13n));
    expect(slot.progress(ended(11n))).toMatchObject({ checkpoint: '13', anchor: 'id-13', done: [] });
  });

  it('does not pass what was not read yet on account of what others have settled behind it', () => {
    const slot = slotWith([11n], [15n, 12n]);
    expect(slot.progress(ended(11n))).toMatchObject({ checkpoint: '11', done: ['12', '15'] });
    slot.settled(ended(11n));
    slot.handedOut(14n);
    expect(slot.progress(ended(14n))).toMatchObject({ checkpoint: '14', done: ['15'] });
  });

  it('stays where it is when a redriven event is settled', () => {
    const slot = slotWith([4n, 11n]);
    expect(slot.progress(ended(4n))).toMatchObject({ checkpoint: '10', done: [] });
    expect(slot.progress(ended(4n, 11n))).toMatchObject({ checkpoint: '11', done: [] });
  });
});
