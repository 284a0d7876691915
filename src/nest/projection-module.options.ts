import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { ReadModel } from '../core/index.js';

/** How an application runs its projections. */
export interface ProjectionModuleOptions {
  /** Where the models of those projections are that name none; closed with the application. */
  readonly model?: ReadModel;
  /** Which projections this process follows: all, none, or those named. Default `all`. */
  readonly projections?: 'all' | 'none' | readonly string[];
}

/** What `ProjectionModule.forRootAsync` takes. */
export interface ProjectionModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The connection whose events they read; the main one when absent. */
  readonly connection?: string;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory: (...dependencies: never[]) => ProjectionModuleOptions | Promise<ProjectionModuleOptions>;
}
