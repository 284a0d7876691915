import { Inject, Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import type { DashboardAccess, DashboardOptions, DashboardRequest } from './dashboard.options.js';
import { DASHBOARD_OPTIONS } from './tokens.js';

/** Lets viewers in whom the application's guard lets in, and knows what each may see and do. */
@Injectable()
export class Viewers {
  readonly #options: DashboardOptions;
  readonly #modules: ModuleRef;
  readonly #granted = new WeakMap<object, DashboardAccess>();
  #guard: Promise<CanActivate> | undefined;

  constructor(@Inject(DASHBOARD_OPTIONS) options: DashboardOptions, @Inject(ModuleRef) modules: ModuleRef) {
    this.#options = options;
    this.#modules = modules;
  }

  /** Asks the guard, and remembers with the request what its sender may see and do. */
  async admit(context: ExecutionContext): Promise<boolean> {
    const allowed = (await this.#theGuard())?.canActivate(context) ?? true;
    if (!(isObservable(allowed) ? await lastValueFrom(allowed) : await allowed)) return false;
    const request = context.switchToHttp().getRequest<DashboardRequest>();
    this.#granted.set(request, (await this.#options.access?.(request)) ?? {});
    return true;
  }

  /** What whoever sent this request may see and do; nothing if it was never admitted. */
  accessOf(request: object): Required<Omit<DashboardAccess, 'who'>> & Pick<DashboardAccess, 'who'> {
    const { personal = false, actions = true, who } = this.#granted.get(request) ?? { actions: false };
    return { personal, actions: actions && this.#options.actions === true, who };
  }

  // The one that the application has, if it has one. Asynchronous, since looking for what is not there throws.
  #made(guard: Type<CanActivate>): Promise<CanActivate> {
    const own = new Promise<CanActivate>((resolve) => resolve(this.#modules.get(guard, { strict: false })));
    return own.catch(() => this.#modules.create(guard));
  }

  async #theGuard(): Promise<CanActivate | undefined> {
    const { guard } = this.#options;
    if (typeof guard !== 'function') return guard;
    this.#guard ??= this.#made(guard);
    return this.#guard;
  }
}
