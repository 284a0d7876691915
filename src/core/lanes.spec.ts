import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.js';

/** Work that ends when the test says so. */
class Work {
  readonly started: string[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly run = (name: string): Promise<void> => {
    this.started.push(name);
    return new Promise((resolve) => this.#ends.set(name, resolve));
  };

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

describe('lanes', () => {
  it('run work of one key one after another, in order', async () => {
    const work = new Work();
    const lanes = new Lanes(10, work.run);
    for (const name of ['a1', 'a2', 'a3']) lanes.push('a', name);
    expect(work.started).toEqual(['a1']);
    await work.end('a1');
    expect(work.started).toEqual(['a1', 'a2']);
    await work.end('a2');
    lanes.push('a', 'a4');
    await work.end('a3');
    await work.end('a4');
    expect(work.started).toEqual(['a1', 'a2', 'a3', 'a4']);
    lanes.push('a', 'a5');
    expect(work.started).toContain('a5');
  });

  it('run different keys side by side up to the limit, and others as soon as there is room', async () => {
    const work = new Work();
    const lanes = new Lanes(2, work.run);
    for (const key of ['a', 'b', 'c', 'd']) lanes.push(key, key);
    expect(work.started).toEqual(['a', 'b']);
    await work.end('b');
    expect(work.started).toEqual(['a', 'b', 'c']);
    await work.end('a');
    expect(work.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('do not let a key that never rests keep the others waiting', async () => {
    const work = new Work();
    const lanes = new Lanes(1, work.run);
    for (const name of ['a1', 'a2', 'a3']) lanes.push('a', name);
    lanes.push('b', 'b1');
    await work.end('a1');
    expect(work.started).toEqual(['a1', 'b1']);
    await work.end('b1');
    expect(work.started).toEqual(['a1', 'b1', 'a2']);
  });

  it('forget what has not begun, and finish what has', async () => {
    const work = new Work();
    const lanes = new Lanes(2, work.run);
    for (const [key, name] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
      ['c', 'c2'],
    ] as const) {
      lanes.push(key, name);
    }
    expect(lanes.clear()).toBe(3);
    expect(lanes.clear()).toBe(0);
    await work.end('a1');
    await work.end('b1');
    expect(work.started).toEqual(['a1', 'b1']);
    for (const key of ['d', 'c']) lanes.push(key, `${key}9`);
    expect(work.started).toEqual(['a1', 'b1', 'd9', 'c9']);
  });
});
