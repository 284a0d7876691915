import { describe, expect, it } from 'vitest';
import { Switchover } from './switchover.js';

/** Writes down what it is called with, and answers when it is told to. */
class Sink {
  readonly taken: number[] = [];
  answer = (): void => undefined;

  take(value: number): Promise<number> {
    this.taken.push(value);
    return Promise.resolve(value);
  }

  slow(): Promise<void> {
    return new Promise((resolve) => (this.answer = resolve));
  }
}

/** Everything that could go on has gone on. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a switchover', () => {
  it('lets calls through to its producer, with what that returns or throws', async () => {
    const sink = new Sink();
    const events = new Switchover(sink);
    expect(await events.use((to) => to.take(1))).toBe(1);
    await expect(events.use(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await events.hold();
    expect(sink.taken).toEqual([1]);
  });

  it('waits for the calls under way, and holds the later ones until it is released to another producer', async () => {
    const [before, after] = [new Sink(), new Sink()];
    const events = new Switchover(before);
    const slow = events.use((to) => to.slow());
    let isQuiet = false;
    const held = events.hold().then(() => (isQuiet = true));
    const later = [1, 2].map((value) => events.use((to) => to.take(value)));
    await soon();
    expect(isQuiet).toBe(false);
    before.answer();
    await slow;
    await held;
    await soon();
    expect(before.taken).toEqual([]);
    events.release(after);
    expect(await Promise.all(later)).toEqual([1, 2]);
    expect([before.taken, after.taken]).toEqual([[], [1, 2]]);
  });

  it('goes on with the same producer when it is released to none', async () => {
    const sink = new Sink();
    const events = new Switchover(sink);
    await events.hold();
    const later = events.use((to) => to.take(1));
    events.release();
    await later;
    expect(sink.taken).toEqual([1]);
  });

  it('lets no call that is made at its release overtake one that waits', async () => {
    const sink = new Sink();
    const events = new Switchover(sink);
    await events.hold();
    const calls = [events.use((to) => to.take(1))];
    events.release();
    calls.push(events.use((to) => to.take(2)));
    await Promise.all(calls);
    expect(sink.taken).toEqual([1, 2]);
  });

  it('can be held again at once, and keeps what waits', async () => {
    const sink = new Sink();
    const events = new Switchover(sink);
    await events.hold();
    const first = events.use((to) => to.take(1));
    events.release();
    await events.hold();
    await soon();
    expect(sink.taken).toEqual([]);
    events.release();
    await first;
    expect(sink.taken).toEqual([1]);
  });
});
