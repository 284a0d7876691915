import { describe, expect, it } from 'vitest';
import { checkHistory, type HistoryExpectations } from './check-history.js';
import { History } from './history.js';
import type { HistoryReport } from './history-report.js';

const at = (id: string | number, partition = 0) => ({ partition, id: String(id) });

/** A history told in one line each: who appended what, who got what. */
class Told extends History {
  stored(eventId: string, id: number, { key = 'k', partition = 0 } = {}): this {
    this.append(eventId, key, 'invoked');
    this.append(eventId, key, 'ok', at(id, partition));
    return this;
  }

  ended(eventId: string, outcome: 'failed' | 'unknown'): this {
    this.append(eventId, 'k', 'invoked');
    this.append(eventId, 'k', outcome);
    return this;
  }

  got(
    eventId: string,
    id: number,
    like: { key?: string; consumer?: string; group?: string; deliveries?: number } = {},
  ) {
    this.delivery({ eventId, key: 'k', position: at(id), group: 'g', consumer: 'c', ...like });
    return this;
  }

  done(eventId: string, like: { group?: string; deadLetter?: boolean } = {}): this {
    this.settlement({ eventId, group: 'g', consumer: 'c', ...like });
    return this;
  }

  check(expected?: HistoryExpectations): HistoryReport {
    return checkHistory(this.records, expected);
  }
}

describe('a history as promised', () => {
  it('has no failure, and is counted', () => {
    const told = new Told().stored('a', 1).stored('b', 2).got('a', 1).done('a').got('b', 2).done('b');
    expect(told.check({ groups: ['g'], stored: [stored('a', 1), stored('b', 2)] })).toMatchObject({
      ...{ appended: 2, unknown: 0, deliveries: 2, redeliveries: 0, settlements: 2, failures: [] },
    });
  });

  it('may have an append of unknown outcome absent, or there once', () => {
    const told = new Told().ended('absent', 'unknown').ended('there', 'unknown').got('there', 1);
    told.append('never ended', 'k', 'invoked');
    expect(told.check({ stored: [stored('there', 1), stored('never ended', 2)] })).toMatchObject({
      ...{ unknown: 3, failures: [] },
    });
  });

  it('may have an event delivered again that was not settled, or was set aside', () => {
    const told = new Told().stored('a', 1).got('a', 1).got('a', 1, { consumer: 'd' }).done('a', { deadLetter: true });
    told.got('a', 1).done('a');
    expect(told.check()).toMatchObject({ deliveries: 3, redeliveries: 2, failures: [] });
  });

  it('may have its records in any order, as they come from several processes', () => {
    const told = new Told().stored('a', 1).stored('b', 2).got('a', 1).got('b', 2).done('a').done('b');
    expect(checkHistory([...told.records].reverse())).toMatchObject({ deliveries: 2, failures: [] });
  });

  it('may have two keys, and two groups, in different orders', () => {
    const told = new Told().stored('a', 1, { key: 'x' }).stored('b', 2, { key: 'y' });
    told.got('b', 2, { key: 'y' }).got('a', 1, { key: 'x' });
    told.got('a', 1, { key: 'x', group: 'h' }).got('b', 2, { key: 'y', group: 'h' });
    expect(told.check().failures).toEqual([]);
  });
});

describe('the checker finds', () => {
  it('an acknowledged event that a group never got', () => {
    const told = new Told().stored('a', 1).stored('b', 2).got('a', 1).got('a', 1, { group: 'h' }).got('b', 2);
    expect(told.check().lost).toEqual([{ eventId: 'b', group: 'h' }]);
    expect(told.check().failures).toEqual(['1 x acknowledged and lost, the first: {"eventId":"b","group":"h"}']);
  });

  it('a group that got nothing at all', () => {
    expect(new Told().stored('a', 1).check({ groups: ['g'] }).lost).toEqual([{ eventId: 'a', group: 'g' }]);
  });

  it('an acknowledged event that is not in the stream', () => {
    expect(new Told().stored('a', 1).check({ stored: [] }).lost).toEqual([{ eventId: 'a' }]);
  });

  it.each<[string, Told]>([
    ['a delivery that nobody appended', new Told().got('x', 1)],
    ['a delivery whose append surely failed', new Told().ended('x', 'failed').got('x', 1)],
    ['an entry that nobody appended', new Told()],
  ])('%s', (_, told) => {
    expect(told.check({ stored: [stored('x', 1)] })).toMatchObject({ phantoms: ['x'] });
  });

  it('no phantom in an event whose append failed after it was unknown, or before it worked', () => {
    const told = new Told().ended('x', 'unknown').ended('x', 'failed').ended('y', 'failed').stored('y', 2);
    expect(told.check({ stored: [stored('x', 1), stored('y', 2)] }).failures).toEqual([]);
  });

  it('an event that stands at two positions', () => {
    const twice = [{ eventId: 'a', positions: [at(1), at(2)] }];
    expect(new Told().stored('a', 1).check({ stored: [stored('a', 1), stored('a', 2)] }).duplicates).toEqual(twice);
    expect(new Told().stored('a', 1).got('a', 2).check().duplicates).toEqual(twice);
    expect(new Told().ended('a', 'unknown').got('a', 1).got('a', 2).check().duplicates).toEqual(twice);
  });

  it('events of a key that a group got in the wrong order', () => {
    const told = new Told().stored('a', 1).stored('b', 2).got('b', 2).got('a', 1, { consumer: 'd' });
    const wrong = [{ group: 'g', key: 'k', first: 'b', second: 'a' }];
    expect(told.check().misordered).toEqual(wrong);
    expect(told.check({ order: 'consumer' }).misordered).toEqual([]);
    expect(told.check({ order: 'none' }).misordered).toEqual([]);
  });

  it('events of a key that one consumer got in the wrong order, unless the later one was handed out before', () => {
    const wrong = (deliveries: number) =>
      new Told().stored('a', 1).stored('b', 2).got('b', 2).got('a', 1, { deliveries });
    expect(wrong(1).check({ order: 'consumer' }).misordered).toHaveLength(1);
    expect(wrong(2).check({ order: 'consumer' }).misordered).toHaveLength(0);
    expect(wrong(2).check({ order: 'group' }).misordered).toHaveLength(1);
  });

  it('events of a key that were stored in another order than one after the other', () => {
    const told = new Told().stored('a', 2).stored('b', 1);
    expect(told.check().misordered).toEqual([{ key: 'k', first: 'b', second: 'a' }]);
  });

  it('no wrong order in appends that did not wait for each other, nor between partitions', () => {
    const told = new Told();
    told.append('a', 'k', 'invoked');
    told.stored('b', 1);
    told.append('a', 'k', 'ok', at(2));
    told.stored('c', 5, { partition: 1 });
    expect(told.check().failures).toEqual([]);
  });

  it('compares positions by their numbers', () => {
    const told = new Told().stored('a', 9).stored('b', 10).got('a', 9).got('b', 10);
    expect(told.check().failures).toEqual([]);
  });

  it('an event that came again after it was settled, unless that is allowed', () => {
    const told = new Told().stored('a', 1).got('a', 1).done('a').got('a', 1);
    expect(told.check().deliveredAfterSettled).toEqual([{ eventId: 'a', group: 'g' }]);
    expect(told.check().failures).toHaveLength(1);
    expect(told.check({ allowRedelivery: true }).failures).toEqual([]);
  });

  it('an event that was settled twice by one group, but not by two', () => {
    const told = new Told().stored('a', 1).got('a', 1).got('a', 1, { group: 'h' }).done('a').done('a', { group: 'h' });
    expect(told.check().settledTwice).toEqual([]);
    expect(told.done('a').check().settledTwice).toEqual([{ eventId: 'a', group: 'g' }]);
  });

  it('one damaged event among a hundred thousand', () => {
    const told = new Told();
    for (let i = 0; i < 100_000; i += 1) told.stored(`e${i}`, i, { key: `k${i % 100}` });
    for (let i = 0; i < 100_000; i += 1) if (i !== 77_777) told.got(`e${i}`, i, { key: `k${i % 100}` }).done(`e${i}`);
    expect(told.check().failures).toEqual(['1 x acknowledged and lost, the first: {"eventId":"e77777","group":"g"}']);
  });
});

function stored(eventId: string, id: number) {
  return { eventId, position: at(id) };
}
