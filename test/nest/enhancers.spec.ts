import {
  BadRequestException,
  Catch,
  Injectable,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CanActivate,
  type ExceptionFilter,
  type PipeTransform,
} from '@nestjs/common';
import { currentEvent, EventContext, EventHandler } from 'nest-event-backbone';
import { of, tap, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Product, ShipmentTracking, User } from './shipment-tracking.js';
import { startApplication } from './start-application.js';
import { logProvider, Roles, RolesGuard, run, Tracing } from './enhancer-fixtures.js';

describe('guards, interceptors, pipes and filters on handlers', () => {
  it('run with the context type event, see metadata and the event, and leave the ambient event in place', async () => {
    @Injectable()
    @UseGuards(RolesGuard)
    class Service {
      @Roles('packer')
      @UseInterceptors(Tracing)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      async pack(user: User, _product: Product, _time: Date, context: EventContext): Promise<string> {
        return Promise.resolve(`${user.email} ${String(context === currentEvent())}`);
      }
    }
    const { log, state } = await run(Service);
    expect(log).toEqual([
      ['guard', 'event', 'pack', ['packer'], 'orderPlaced.v1'],
      ['before', true, true],
      ['after', 'ada@example.org true'],
    ]);
    expect(state).toMatchObject({ handled: 1 });
  });

  it('set an event aside at once that a guard denies', async () => {
    @Injectable()
    class Service {
      @Roles('nobody')
      @UseGuards(RolesGuard)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('must not run');
      }
    }
    const { log, letters } = await run(Service);
    expect(log).toHaveLength(1);
    expect(letters).toMatchObject([{ kind: 'failed', code: 'NonRetryableError', attempts: 1 }]);
    expect(letters[0]?.error).toContain('Service.pack: a guard denied the event');
  });

  it('set it aside at once even where a filter answers for the guard', async () => {
    @Catch()
    class Answers implements ExceptionFilter {
      catch(): string {
        return 'forbidden';
      }
    }
    @Injectable()
    @UseFilters(Answers)
    class Service {
      @Roles('nobody')
      @UseGuards(RolesGuard)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('must not run');
      }
    }
    const { log, letters } = await run(Service);
    expect(log).toHaveLength(1);
    expect(letters).toMatchObject([{ code: 'NonRetryableError', attempts: 1 }]);
  });

  it('try again what a guard could not decide', async () => {
    let asked = 0;
    @Injectable()
    class Flaky implements CanActivate {
      canActivate(): boolean {
        asked += 1;
        if (asked < 3) throw new Error('the directory is away');
        return true;
      }
    }
    @Injectable()
    class Service {
      @UseGuards(Flaky)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {}
    }
    const { letters, state } = await run(Service);
    expect({ asked, letters, handled: state?.handled }).toEqual({ asked: 3, letters: [], handled: 1 });
  });

  it('give pipes the arguments of a handler without any parameter decorator, and the context is out of their reach', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Upper implements PipeTransform {
      transform(value: unknown, { data, metatype }: { data?: string; metatype?: unknown }): unknown {
        seen.push([data, metatype]);
        return value instanceof User ? Object.assign(new User(), { email: value.email.toUpperCase() }) : value;
      }
    }
    let args: unknown[] = [];
    @Injectable()
    @UsePipes(Upper)
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(user: User, product: Product, time: Date, context: EventContext): void {
        args = [user.email, product.id, time, context === currentEvent()];
      }
    }
    const { state } = await run(Service);
    expect(state?.handled).toBe(1);
    expect(args).toEqual(['ADA@EXAMPLE.ORG', 7, new Date(0), true]);
    expect(seen).toEqual([
      ['user', User],
      ['product', Product],
      ['time', Date],
    ]);
  });

  it('set an event aside at once that a ValidationPipe refuses', async () => {
    class Strict extends User {}
    let runs = 0;
    @Injectable()
    class Refuse implements PipeTransform {
      transform(value: unknown): unknown {
        runs += 1;
        if (value instanceof User) throw new BadRequestException(['secret@example.org is not welcome']);
        return value;
      }
    }
    @Injectable()
    @UsePipes(Refuse, new ValidationPipe({ transform: true, expectedType: Strict }))
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {
        throw new Error('must not run');
      }
    }
    const { letters } = await run(Service, 'secret@example.org');
    expect(runs).toBeLessThanOrEqual(3);
    expect(letters).toMatchObject([{ kind: 'invalid', code: 'EB_VALIDATION', attempts: 1 }]);
    expect(JSON.stringify(letters)).not.toContain('secret@example.org');
  });

  it('leave a good event to a ValidationPipe', async () => {
    let got: unknown;
    @Injectable()
    class Service {
      @UsePipes(new ValidationPipe({ transform: true }))
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(user: User): void {
        got = user;
      }
    }
    const { state } = await run(Service);
    expect(state?.handled).toBe(1);
    expect(got).toBeInstanceOf(User);
    expect(got).toEqual({ email: 'ada@example.org' });
  });

  it('count a handler as done when its Observable is', async () => {
    const done: string[] = [];
    @Injectable()
    class Service {
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): Observable<string> {
        return of('x').pipe(tap((value) => done.push(value)));
      }

      @UseInterceptors(Tracing)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { group: 'enhanced' })
      fails(): Observable<string> {
        return throwError(() => new Error('late'));
      }
    }
    const { deadLetters } = await run(Service);
    expect(done).toEqual(['x']);
    expect(await deadLetters('enhanced')).toMatchObject([{ error: 'Error: late', attempts: 4 }]);
  });

  it('are refused at start where Nest would leave them out in silence', async () => {
    @Injectable()
    class Service {
      @UseGuards(RolesGuard)
      @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
      pack(): void {}
    }
    const made = { provide: 'made', useFactory: () => new Service() };
    await expect(startApplication({ providers: [made, logProvider] })).rejects.toThrow(
      /^EB_HANDLER: Service\.pack: RolesGuard would not run, because a factory or value provides Service/,
    );
  });
});
