import {
  Inject,
  Injectable,
  SetMetadata,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { currentEvent, eventContextOf, isEventContext } from 'nest-event-backbone';
import { tap, type Observable } from 'rxjs';
import { order, startApplication } from './start-application.js';

/** Where the enhancers of these tests write what they see. */
export const LOG = Symbol('log');
/** What enhancers saw. */
export type Log = unknown[];
/** Provides an empty log. */
export const logProvider = { provide: LOG, useFactory: (): Log => [] };
/** Says who may; read by the guard. */
export const Roles = (...roles: string[]) => SetMetadata('roles', roles);

/** Denies what only `nobody` may. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(LOG) private readonly log: Log,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<string[]>('roles', [context.getHandler(), context.getClass()]);
    this.log.push(['guard', context.getType<string>(), context.getHandler().name, roles, eventContextOf(context).type]);
    return !roles.includes('nobody');
  }
}

/** Writes down what it sees before and after. */
@Injectable()
export class Tracing implements NestInterceptor {
  constructor(@Inject(LOG) private readonly log: Log) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.log.push(['before', isEventContext(context), currentEvent()?.id === eventContextOf(context).id]);
    return next.handle().pipe(tap((result) => this.log.push(['after', result])));
  }
}

/** Starts an application with one handler class, produces one order and waits for what becomes of it. */
export async function run(service: Type, email?: string) {
  const started = await startApplication({ providers: [service, logProvider] });
  await started.shipments.orderPlaced(...order(email));
  await started.recorder.settled();
  const letters = await started.deadLetters();
  return { ...started, log: started.app.get<Log>(LOG), letters, state: started.backbone.states()[0] };
}
