import { describe, expect, it } from 'vitest';
import { readOptions } from './demo-options.mjs';

describe('the options of the demo', () => {
  it('are four orders on whatever channel can be had, when nothing is said', () => {
    expect(readOptions([], {})).toMatchObject({
      channel: undefined,
      orders: 4,
      erase: false,
      watch: false,
      help: false,
    });
  });

  it('are read from the command line', () => {
    const args = ['--channel', 'memory', '--orders=12', '--watch', '--erase'];
    expect(readOptions(args, {})).toMatchObject({ channel: 'memory', orders: 12, erase: true, watch: true });
  });

  it('make the services go slower when somebody watches, unless the environment says how fast', () => {
    const { stepDelayMs } = readOptions([], {});
    expect(readOptions(['--watch'], {}).stepDelayMs).toBeGreaterThan(stepDelayMs);
    expect(readOptions(['--watch'], { STEP_DELAY_MS: '0' }).stepDelayMs).toBe(0);
  });

  it.each([
    [['--colour'], /--colour/],
    [['seven'], /seven/],
    [['--orders'], /--orders/],
    [['--orders', '0'], /--orders is a whole number from 1 to 1000, not "0"/],
    [['--orders', '4x'], /--orders .* not "4x"/],
    [['--erase', '--orders', '1'], /--erase needs --orders 2 or more/],
    [['--channel', 'rabbit'], /--channel is redis, kafka, postgres or memory, not "rabbit"/],
  ])('are refused by name when they cannot be used: %j', (args, message) => {
    expect(() => readOptions(args, {})).toThrow(message);
  });

  it('are refused when the environment names no number of milliseconds', () => {
    expect(() => readOptions([], { STEP_DELAY_MS: 'fast' })).toThrow(/STEP_DELAY_MS .* not "fast"/);
  });
});
