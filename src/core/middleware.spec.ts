import { describe, expect, it } from 'vitest';
import { compose, composeBatch, type Middleware, type MiddlewareContext } from './middleware.js';

const context = {} as MiddlewareContext;

describe('composed middleware', () => {
  it('is the innermost function alone when there is none', async () => {
    const seen: unknown[] = [];
    await compose([], async (given) => void seen.push(given))(context);
    expect(seen).toEqual([context]);
  });

  it('runs from the first to the last, then inwards, then back', async () => {
    const seen: string[] = [];
    const named = (name: string): Middleware => {
      return async (_, next) => {
        seen.push(`${name} in`);
        await next();
        seen.push(`${name} out`);
      };
    };
    await compose([named('a'), named('b')], async () => void seen.push('innermost'))(context);
    expect(seen).toEqual(['a in', 'b in', 'innermost', 'b out', 'a out']);
  });

  it('can be used for many contexts at once', async () => {
    const seen: string[] = [];
    const slow: Middleware = async (_, next) => {
      await new Promise(setImmediate);
      await next();
    };
    const run = compose(
      [slow],
      async (given: MiddlewareContext & { readonly name: string }) => void seen.push(given.name),
    );
    await Promise.all(['a', 'b', 'c'].map((name) => run({ ...context, name } as never)));
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('lets what is thrown inside out', async () => {
    const through: Middleware = (_, next) => next();
    await expect(compose([through], () => Promise.reject(new Error('below')))(context)).rejects.toThrow('below');
  });
});

describe('what composed middleware does around batches', () => {
  const through: Middleware = (_, next) => next();

  it('is nothing where it has nothing for them', async () => {
    const handler = () => undefined;
    expect(composeBatch([through], handler)).toBe(handler);
  });

  it('runs from the first to the last, then inwards, then back', async () => {
    const seen: string[] = [];
    const named = (name: string): Middleware =>
      Object.assign((...[, next]: Parameters<Middleware>) => next(), {
        batch: async (items: readonly unknown[], next: () => Promise<void>) => {
          seen.push(`${name} in ${items.length}`);
          await next();
          seen.push(`${name} out`);
        },
      });
    await composeBatch([named('a'), through, named('b')], async () => void seen.push('innermost'))([]);
    expect(seen).toEqual(['a in 0', 'b in 0', 'innermost', 'b out', 'a out']);
  });

  it('lets what is thrown inside out', async () => {
    const around = Object.assign((...[, next]: Parameters<Middleware>) => next(), {
      batch: (_: readonly unknown[], next: () => Promise<void>) => next(),
    });
    await expect(
      composeBatch([around], () => {
        throw new Error('below');
      })([]),
    ).rejects.toThrow('below');
  });
});
