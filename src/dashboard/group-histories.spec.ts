import { describe, expect, it } from 'vitest';
import { GroupHistories } from './group-histories.js';

const point = (at: number) => ({ at, lag: at, pending: 0 });

describe('the histories of groups', () => {
  it('keep the newest six hundred points of a group', () => {
    const histories = new GroupHistories();
    for (let at = 1; at <= 700; at += 1) histories.add('a', point(at));
    expect(histories.of('a')).toHaveLength(600);
    expect(histories.of('a').at(0)).toEqual(point(101));
    expect(histories.of('a').at(-1)).toEqual(point(700));
    expect(histories.of('b')).toEqual([]);
  });

  it('never hold more than they may, and forget first what was looked at longest ago', () => {
    const histories = new GroupHistories(100);
    for (let at = 1; at <= 40; at += 1) for (const group of ['old', 'new']) histories.add(group, point(at));
    for (let at = 41; at <= 70; at += 1) histories.add('new', point(at));
    expect(histories.of('old')).toEqual([]);
    expect(histories.of('new')).toHaveLength(70);
    for (let i = 0; i < 1_000; i += 1) histories.add(`group-${i}`, point(i));
    expect(histories.size).toBeLessThanOrEqual(100);
  });
});
