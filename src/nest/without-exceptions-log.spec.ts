import { Catch, Logger, UseFilters } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, NestContainer } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withoutExceptionsLog } from './without-exceptions-log.js';

@Catch(RangeError)
class OfRanges {
  catch(error: RangeError): string {
    return `answered: ${error.message}`;
  }
}

@Catch(SyntaxError)
class Silent {
  catch(): void {
    // Answers nothing.
  }
}

@UseFilters(new OfRanges(), new Silent())
class Instance {
  handle(): void {
    // Its filters are what matters.
  }
}

function callWith(change: (creator: ExternalContextCreator) => ExternalContextCreator, error: Error) {
  const logged: unknown[] = [];
  const write = (...said: readonly unknown[]) => void logged.push(...said);
  Logger.overrideLogger({ log: write, warn: write, error: write });
  onTestFinished(() => void Logger.overrideLogger(true));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void vi.restoreAllMocks());
  const creator = change(ExternalContextCreator.fromContainer(new NestContainer(new ApplicationConfig())));
  const failing = () => {
    throw error;
  };
  const outcome = creator.create(new Instance(), failing, 'handle')() as Promise<unknown>;
  return { outcome, logged };
}

describe('a context creator without a log of exceptions', () => {
  it.each([
    ['no filter is for', new TypeError('no Ada here')],
    ['a filter answers nothing to', new SyntaxError('no Ada here')],
  ])('passes an error on that %s, and logs nothing, which an ordinary one does', async (_, error) => {
    const ordinary = callWith((creator) => creator, error);
    await expect(ordinary.outcome).rejects.toBe(error);
    expect(ordinary.logged).toContain(error);
    const quiet = callWith(withoutExceptionsLog, error);
    await expect(quiet.outcome).rejects.toBe(error);
    expect(quiet.logged).toEqual([]);
  });

  it('lets filters answer', async () => {
    await expect(callWith(withoutExceptionsLog, new RangeError('too far')).outcome).resolves.toBe('answered: too far');
  });

  it('leaves the original as it is', async () => {
    const error = new TypeError('no Ada here');
    const { outcome, logged } = callWith((creator) => {
      withoutExceptionsLog(creator);
      return creator;
    }, error);
    await expect(outcome).rejects.toBe(error);
    expect(logged).toContain(error);
  });

  it('is refused where Nest is made differently, before anything can be logged', () => {
    const creator = ExternalContextCreator.fromContainer(new NestContainer(new ApplicationConfig()));
    Reflect.deleteProperty(creator, 'filtersContextCreator');
    expect(() => withoutExceptionsLog(creator)).toThrow(/^EB_UNSUPPORTED: this version of @nestjs\/core/);
  });
});
