import {
  Catch,
  Injectable,
  Scope,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { EventBackboneModule, EventHandler, getProducerToken, type Producer } from 'nest-event-backbone';
import { EventBackboneTestingModule, EventRecorder } from 'nest-event-backbone/testing';
import { type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ShipmentTracking, User } from './shipment-tracking.js';
import { order, startApplication } from './start-application.js';
import { logProvider, Tracing } from './enhancer-fixtures.js';

describe('global enhancers', () => {
  const log: string[] = [];
  @Injectable()
  class HttpGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      log.push(`guard ${context.getType<string>()}`);
      return (context.switchToHttp().getRequest<{ user?: unknown }>().user ?? undefined) !== undefined;
    }
  }
  @Injectable()
  class HttpInterceptor implements NestInterceptor {
    intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
      log.push('interceptor');
      return next.handle();
    }
  }
  @Injectable()
  class HttpPipe implements PipeTransform {
    transform(value: unknown): unknown {
      log.push('pipe');
      return value;
    }
  }
  @Catch()
  class HttpFilter implements ExceptionFilter {
    async catch(): Promise<void> {
      log.push('filter');
      await Promise.resolve();
    }
  }
  @Injectable()
  class Service {
    @UseInterceptors(Tracing)
    @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
    enhanced(user: User): void {
      if (user.email.startsWith('bad')) throw new Error('bad');
    }

    @EventHandler(ShipmentTracking, (e) => e.orderPlaced, { group: 'plain' })
    plain(): void {}
  }
  const globals = [
    { provide: APP_GUARD, useClass: HttpGuard },
    { provide: APP_INTERCEPTOR, useClass: HttpInterceptor },
    { provide: APP_PIPE, useClass: HttpPipe },
    { provide: APP_FILTER, useClass: HttpFilter },
  ];

  it('do not run on handlers unless asked for', async () => {
    log.length = 0;
    const { shipments, recorder, backbone } = await startApplication({ providers: [Service, logProvider, ...globals] });
    await shipments.orderPlaced(...order());
    await shipments.orderPlaced(...order('bad@example.org'));
    await recorder.settled();
    expect(log).toEqual([]);
    expect(backbone.states()).toMatchObject([
      { group: 'test', handled: 1, deadLetters: 1 },
      { group: 'plain', handled: 2 },
    ]);
  });

  it('do not run on handlers of an HTTP application that set them with useGlobal..., which its routes do run', async () => {
    log.length = 0;
    const module = await Test.createTestingModule({
      imports: [EventBackboneTestingModule.forRoot(), EventBackboneModule.forFeature([ShipmentTracking])],
      providers: [Service, logProvider],
    }).compile();
    const app = module.createNestApplication();
    onTestFinished(() => app.close());
    app.useGlobalGuards(new HttpGuard());
    app.useGlobalInterceptors(new HttpInterceptor());
    app.useGlobalPipes(new HttpPipe());
    app.useGlobalFilters(new HttpFilter());
    await app.init();
    await app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking)).orderPlaced(...order());
    await app.get(EventRecorder).settled();
    expect(log).toEqual([]);
  });

  it('run when asked for, and even then nothing is lost', async () => {
    log.length = 0;
    const { shipments, recorder, deadLetters } = await startApplication(
      { providers: [Service, logProvider, ...globals.slice(1)] },
      { globalEnhancers: true },
    );
    await shipments.orderPlaced(...order('bad@example.org'));
    await recorder.settled();
    expect(new Set(log)).toEqual(new Set(['interceptor', 'pipe', 'filter']));
    expect(await deadLetters()).toMatchObject([{ error: 'Error: bad', attempts: 4 }]);
  });

  it('set an event aside at once that a global guard denies', async () => {
    log.length = 0;
    const { shipments, recorder, deadLetters } = await startApplication(
      { providers: [Service, logProvider, ...globals] },
      { globalEnhancers: true },
    );
    await shipments.orderPlaced(...order());
    await recorder.settled();
    expect(await deadLetters('plain')).toMatchObject([{ code: 'NonRetryableError', attempts: 1 }]);
    expect(log.filter((line) => line === 'guard event')).toHaveLength(2);
  });

  it('that are made for each request are refused rather than left out', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    const started = startApplication(
      { providers: [Service, logProvider, { provide: APP_GUARD, useClass: Scoped }] },
      { globalEnhancers: true },
    );
    await expect(started).rejects.toThrow(/^EB_UNSUPPORTED: .*static global enhancers only/);
  });
});
