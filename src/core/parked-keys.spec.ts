import { describe, expect, it } from 'vitest';
import type { Delivery, Settlement } from './delivery.js';
import { NO_FIELDS, NO_HEADERS } from './message.js';
import { ParkedKeys } from './parked-keys.js';

const PARKED = { kind: 'failed', code: 'Error', error: 'x', attempts: 1 } as const;
const nothing = () => false;

function delivery(id: string, key = 'k'): Delivery {
  const message = {
    ...{ id, source: 'shop', type: 'placed.v1', time: 5, key, correlationId: id, contentType: 'application/json' },
    ...{ headers: NO_HEADERS, fields: NO_FIELDS, personal: [] },
  };
  return { position: { partition: 0, id }, appendedAt: 6, deliveries: 1, message };
}

const parkBy = (by: Delivery): Settlement => ({ delivery: by, deadLetter: PARKED, park: true });

/** A key that `first` has parked while a read is under way. */
function parked() {
  const keys = new ParkedKeys();
  const first = delivery('1');
  keys.onRead(nothing);
  keys.onDelivery(first);
  keys.onRead(nothing);
  keys.park('k', first);
  return { keys, first };
}

describe('a delivery of a parked key', () => {
  it('is held back when it was in hand, and when a read brings it that began before the server knew', () => {
    const { keys, first } = parked();
    const [early, late] = [delivery('2'), delivery('3')];
    keys.onDelivery(early);
    keys.onRead(nothing);
    keys.onSettled([parkBy(first)], []);
    keys.onDelivery(late);
    expect([early, late].map((each) => keys.holds('k', each))).toEqual([true, true]);
    expect(keys.holds('other', delivery('4', 'other'))).toBe(false);
  });

  it('may run when it was read after the server knew: the server holds back what may not', () => {
    const { keys, first } = parked();
    keys.onSettled([parkBy(first)], []);
    keys.onRead(() => true);
    const [next, after] = [delivery('2'), delivery('3')];
    for (const each of [next, after]) keys.onDelivery(each);
    expect([next, after].map((each) => keys.holds('k', each))).toEqual([false, false]);
  });

  it('may run behind the one that parked it, redriven, although that read began long ago', () => {
    const { keys, first } = parked();
    keys.onSettled([parkBy(first)], []);
    const all = [delivery('1'), delivery('2')];
    for (const each of all) keys.onDelivery(each);
    expect(all.map((each) => keys.holds('k', each))).toEqual([false, false]);
  });

  it('is held back again when the redriven one fails again', () => {
    const { keys, first } = parked();
    keys.onSettled([parkBy(first)], []);
    const [again, next] = [delivery('1'), delivery('2')] as const;
    for (const each of [again, next]) keys.onDelivery(each);
    expect(keys.holds('k', again)).toBe(false);
    keys.park('k', again);
    expect(keys.holds('k', next)).toBe(true);
  });

  it('may run when the park was lost with its delivery', () => {
    const { keys, first } = parked();
    keys.onSettled([parkBy(first)], [first]);
    expect(keys.holds('k', delivery('2'))).toBe(false);
  });

  it('may run once nothing from before the park can be left', () => {
    const { keys, first } = parked();
    const early = delivery('2');
    keys.onSettled([parkBy(first)], []);
    keys.onRead(() => true);
    expect(keys.holds('k', early)).toBe(true);
    keys.onRead(nothing);
    expect(keys.holds('k', early)).toBe(false);
  });
});
