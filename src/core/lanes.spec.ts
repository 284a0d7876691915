import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { Lanes, type Place } from './lanes.js';

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

/** Work that rests until the test wakes it, and then runs until the test ends it. */
class RestingWork {
  readonly begun: string[] = [];
  readonly goneOn: string[] = [];
  readonly #wakes = new Map<string, () => void>();
  readonly #ends = new Map<string, () => void>();

  readonly run = async (name: string, place: Place): Promise<void> => {
    this.begun.push(name);
    if (name.startsWith('r')) {
      await place.rest(() => new Promise<void>((resolve) => this.#wakes.set(name, resolve)));
      this.goneOn.push(name);
    }
    await new Promise<void>((resolve) => this.#ends.set(name, resolve));
  };

  async wake(name: string): Promise<void> {
    this.#wakes.get(name)?.();
    await new Promise(setImmediate);
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

describe('work that rests', () => {
  it('gives its place to other keys, and holds back its own', async () => {
    const work = new RestingWork();
    const lanes = new Lanes(1, work.run);
    lanes.push('a', 'r1');
    lanes.push('a', 'a2');
    lanes.push('b', 'b1');
    expect(work.begun).toEqual(['r1', 'b1']);
    await work.end('b1');
    expect(work.begun).toEqual(['r1', 'b1']);
    await work.wake('r1');
    await work.end('r1');
    expect(work.begun).toEqual(['r1', 'b1', 'a2']);
  });

  it('goes on only when there is a place, first come first served with what has not begun', async () => {
    const work = new RestingWork();
    const lanes = new Lanes(1, work.run);
    lanes.push('a', 'r1');
    lanes.push('b', 'b1');
    lanes.push('c', 'c1');
    await work.wake('r1');
    lanes.push('d', 'd1');
    await work.end('b1');
    expect(work).toMatchObject({ begun: ['r1', 'b1', 'c1'], goneOn: [] });
    await work.end('c1');
    expect(work).toMatchObject({ begun: ['r1', 'b1', 'c1'], goneOn: ['r1'] });
    await work.end('r1');
    expect(work.begun).toEqual(['r1', 'b1', 'c1', 'd1']);
    lanes.push('e', 'e1');
    expect(work.begun).not.toContain('e1');
  });

  it('never makes more run at once than the limit, however much rests, and forgets no place', async () => {
    let busy = 0;
    let most = 0;
    let done = 0;
    const compute = async (): Promise<void> => {
      most = Math.max(most, ++busy);
      await new Promise(setImmediate);
      busy -= 1;
    };
    const lanes = new Lanes<number>(3, async (n, place) => {
      await compute();
      if (n % 2 === 0) await Promise.all([place.rest(() => new Promise(setImmediate)), place.rest(async () => n)]);
      if (n % 3 === 0) await place.rest(() => Promise.reject(new Error('late'))).catch(() => undefined);
      await compute();
      done += 1;
    });
    for (let n = 0; n < 300; n += 1) lanes.push(String(n % 40), n);
    await vi.waitFor(() => expect(done).toBe(300));
    expect(most).toBe(3);
    const gate = new Work();
    let begun = 0;
    const same = new Lanes<number>(3, async (_, place) => {
      begun += 1;
      await place.rest(async () => undefined);
      await gate.run('never');
    });
    for (let n = 0; n < 5; n += 1) same.push(String(n), n);
    await new Promise(setImmediate);
    expect(begun).toBe(5);
    expect(gate.started).toHaveLength(3);
  });

  it('that ends while a part of it still rests gives its place up once', async () => {
    const work = new Work();
    let wake: () => void = () => undefined;
    let late = false;
    const lanes = new Lanes<string>(1, (name, place) => {
      if (name !== 'left') return work.run(name);
      void place.rest(() => new Promise<void>((resolve) => (wake = resolve))).then(() => (late = true));
      return Promise.resolve();
    });
    for (const name of ['left', 'b', 'c']) lanes.push(name, name);
    await new Promise(setImmediate);
    wake();
    await new Promise(setImmediate);
    expect(late).toBe(true);
    expect(work.started).toEqual(['b']);
    await work.end('b');
    expect(work.started).toEqual(['b', 'c']);
  });

  it('does not hand its ambient values to what takes its place', async () => {
    const ambient = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const lanes = new Lanes<string>(1, (name, place) => {
      if (name === 'b') seen.push(ambient.getStore());
      return ambient.run(name, () => place.rest(() => Promise.resolve()));
    });
    lanes.push('a', 'a');
    lanes.push('b', 'b');
    await vi.waitFor(() => expect(seen).toEqual([undefined]));
  });
});

describe('lanes that are paused', () => {
  it('begin nothing, let what runs or rests go on, and begin again in the same order', async () => {
    const work = new RestingWork();
    const lanes = new Lanes(2, work.run);
    for (const [key, name] of [
      ['r', 'r1'],
      ['r', 'r2'],
      ['a', 'a1'],
      ['b', 'b1'],
    ] as const) {
      lanes.push(key, name);
    }
    expect(work.begun).toEqual(['r1', 'a1', 'b1']);
    lanes.pause();
    lanes.push('c', 'c1');
    await work.wake('r1');
    await work.end('a1');
    expect(work.goneOn).toEqual(['r1']);
    await work.end('r1');
    await work.end('b1');
    expect(work.begun).toEqual(['r1', 'a1', 'b1']);
    expect(['r', 'a', 'c'].map((key) => lanes.has(key))).toEqual([true, false, true]);
    lanes.resume();
    expect(work.begun).toEqual(['r1', 'a1', 'b1', 'c1', 'r2']);
  });

  it('forget what has not begun, and take new work', async () => {
    const work = new Work();
    const lanes = new Lanes(1, work.run);
    lanes.pause();
    for (const name of ['a1', 'a2']) lanes.push('a', name);
    lanes.push('b', 'b1');
    expect(lanes.clear()).toBe(3);
    lanes.push('a', 'a3');
    lanes.resume();
    await new Promise(setImmediate);
    expect(work.started).toEqual(['a3']);
    await work.end('a3');
    lanes.push('c', 'c1');
    expect(work.started).toEqual(['a3', 'c1']);
  });
});
