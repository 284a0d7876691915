import type { CanActivate, InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import { BackboneError } from '../core/index.js';
import { unknownNames } from '../nest/unknown-names.js';

/** A request as the application's own code sees it: Express's, or Fastify's. */
export interface DashboardRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What the guard has put there, if it did. */
  readonly user?: unknown;
}

/** What one viewer may see and do. */
export interface DashboardAccess {
  /** See personal and encrypted arguments. Default false. */
  readonly personal?: boolean;
  /** Redrive and remove dead letters, where `actions` is on. Default true. */
  readonly actions?: boolean;
  /** Who it is, for the line that is logged for each action. */
  readonly who?: string;
}

/** Who may use the dashboard, and for what. */
export interface DashboardOptions {
  /** Lets requests in, or not: a guard class, made with its dependencies, or a guard. Needed in production. */
  readonly guard?: Type<CanActivate> | CanActivate;
  /** Says what somebody may see and do whom the guard has let in. */
  access?(request: DashboardRequest): DashboardAccess | Promise<DashboardAccess>;
  /** Offers to redrive and to remove dead letters. Default false: the dashboard changes nothing. */
  readonly actions?: boolean;
  /** The connections that are shown, by name; the one without a name is `default`. Default: all of the application. */
  readonly connections?: readonly string[];
}

/** What `EventBackboneDashboardModule.forRoot` takes. */
export interface DashboardModuleOptions extends DashboardOptions {
  /** Where it is served, below the application's global prefix. Default `event-backbone`. */
  readonly path?: string;
}

/** What `EventBackboneDashboardModule.forRootAsync` takes. */
export interface DashboardModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Where it is served, below the application's global prefix. Default `event-backbone`. */
  readonly path?: string;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory: (...dependencies: never[]) => DashboardOptions | Promise<DashboardOptions>;
}

const OPTIONS = ['guard', 'access', 'actions', 'connections'];

/**
 * Checks the options of a dashboard.
 *
 * @throws BackboneError `EB_OPTIONS`, also without a guard in production.
 */
export function checkedDashboard(options: DashboardOptions): DashboardOptions {
  const unknown = unknownNames(options, OPTIONS);
  if (unknown.length > 0) throw refused(`unknown option ${unknown.join(', ')}; it knows ${OPTIONS.join(', ')}`);
  if (options.guard === undefined && process.env['NODE_ENV'] === 'production') {
    throw refused(
      'in production it needs a `guard`, since it shows events to whoever finds it; where something else keeps strangers ' +
        'out, say so: `guard: { canActivate: () => true }`',
    );
  }
  return options;
}

/**
 * Returns where a dashboard is served, without slashes around it.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function checkedPath(path = 'event-backbone'): string {
  const bare = path.replace(/^\/+|\/+$/g, '');
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(bare)) return bare;
  throw refused('`path` must be made of letters, digits, "_", "." and "-", with slashes in between: `ops/events`');
}

/** The error of a dashboard that cannot be as it was asked for. */
export function refused(why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `EventBackboneDashboardModule: ${why}`);
}
