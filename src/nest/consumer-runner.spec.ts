import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ConsumerState } from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { checkedOptions } from './checked-options.js';
import { Connection } from './connection.js';
import { ConsumerHost } from './consumer-host.js';
import { ConsumerRunner } from './consumer-runner.js';
import type { HandlerExplorer } from './handler-explorer.js';

const warn = vi.fn();

function runner(consumers: number): ConsumerRunner {
  const channel = memoryChannel();
  const connection = new Connection(undefined, checkedOptions({ channel }), channel, undefined, {});
  const host = new ConsumerHost(0);
  vi.spyOn(host, 'states', 'get').mockReturnValue(Array.from({ length: consumers }, () => ({}) as ConsumerState));
  const explorer = { explore: () => Promise.resolve([]) } as unknown as HandlerExplorer;
  const made = new ConsumerRunner(connection, host, explorer, () => {
    throw new Error('there is no handler to call');
  });
  onTestFinished(() => made.onApplicationShutdown());
  return made;
}

beforeEach(() => {
  warn.mockReset();
  vi.useFakeTimers();
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(warn);
  vi.spyOn(process, 'listenerCount').mockReturnValue(0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the hint at shutdown hooks', () => {
  it('is given once where consumers run and nothing listens to SIGTERM', async () => {
    const one = runner(1);
    await one.onModuleInit();
    one.onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('app.enableShutdownHooks()'));
  });

  it('is not given where the hooks were enabled meanwhile', () => {
    const one = runner(1);
    one.onApplicationBootstrap();
    vi.spyOn(process, 'listenerCount').mockReturnValue(1);
    vi.advanceTimersByTime(60_000);
    expect(warn).not.toHaveBeenCalled();
  });

  it('is not given without consumers, and not after the application was closed', async () => {
    runner(0).onApplicationBootstrap();
    const one = runner(1);
    one.onApplicationBootstrap();
    await one.onModuleDestroy();
    vi.advanceTimersByTime(60_000);
    expect(warn).not.toHaveBeenCalled();
  });
});
