import {
  Catch,
  Injectable,
  UseFilters,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { eventContextOf, EventHandler } from 'nest-event-backbone';
import { catchError, map, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';
import { run } from './enhancer-fixtures.js';

describe('a failure never becomes a silent acknowledgement', () => {
  @Catch()
  class AsyncFilter implements ExceptionFilter {
    async catch(): Promise<void> {
      await Promise.resolve();
    }
  }
  @Catch()
  class AnsweringFilter implements ExceptionFilter {
    catch(): object {
      return { status: 'error' };
    }
  }

  it.each([
    ['is asynchronous', AsyncFilter],
    ['answers', AnsweringFilter],
  ])('through a filter that %s', async (_, filter) => {
    let runs = 0;
    @Injectable()
    @UseFilters(filter)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        runs += 1;
        throw new Error('no such product');
      }
    }
    const { letters, state } = await run(Service);
    expect(runs).toBe(4);
    expect(letters).toMatchObject([{ error: 'Error: no such product', attempts: 4 }]);
    expect(state).toMatchObject({ handled: 0, deadLetters: 1 });
  });

  it('through a filter that handles what an interceptor could not finish, as a commit that is refused', async () => {
    @Injectable()
    class Transaction implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(
          map(() => {
            throw new Error('commit refused');
          }),
        );
      }
    }
    @Injectable()
    @UseFilters(AsyncFilter)
    @UseInterceptors(Transaction)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {}
    }
    const { letters } = await run(Service);
    expect(letters).toMatchObject([{ error: 'Error: commit refused', attempts: 4 }]);
  });

  it('through an interceptor that swallows it', async () => {
    @Injectable()
    class Swallow implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(catchError(() => of('fine')));
      }
    }
    @Injectable()
    @UseInterceptors(Swallow)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('no such product');
      }
    }
    const { letters } = await run(Service);
    expect(letters).toMatchObject([{ error: 'Error: no such product' }]);
  });

  it('through an interceptor that answers in place of the handler', async () => {
    @Injectable()
    class Cached implements NestInterceptor {
      intercept(): Observable<unknown> {
        return of('cached');
      }
    }
    @Injectable()
    @UseInterceptors(Cached)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('must not run');
      }
    }
    const { letters } = await run(Service);
    expect(letters).toMatchObject([{ code: 'EB_NOT_COMPLETED' }]);
  });

  it('and a filter or an interceptor that means it says skip', async () => {
    @Catch()
    class SkippingFilter implements ExceptionFilter {
      async catch(_error: unknown, host: ArgumentsHost): Promise<void> {
        eventContextOf(host).skip();
        await Promise.resolve();
      }
    }
    @Injectable()
    class Service {
      @UseFilters(SkippingFilter)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('skip me');
      }
    }
    const { letters, state } = await run(Service);
    expect(letters).toEqual([]);
    expect(state).toMatchObject({ skipped: 1, handled: 0, deadLetters: 0 });
  });

  it('and a filter may choose another error', async () => {
    @Catch()
    class Mapping implements ExceptionFilter {
      catch(): never {
        throw new Error('mapped');
      }
    }
    @Injectable()
    @UseFilters(Mapping)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('original');
      }
    }
    expect((await run(Service)).letters).toMatchObject([{ error: 'Error: mapped' }]);
  });

  it('and what an interceptor makes of a result changes nothing', async () => {
    @Injectable()
    class Mapped implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(map(() => undefined));
      }
    }
    @Injectable()
    @UseInterceptors(Mapped)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): string {
        return 'done';
      }
    }
    expect((await run(Service)).state).toMatchObject({ handled: 1 });
  });
});
