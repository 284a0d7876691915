import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { unknownNames } from '../nest/unknown-names.js';
import { ActionCheck } from './action-check.js';
import {
  checkedDashboard,
  checkedPath,
  refused,
  type DashboardModuleAsyncOptions,
  type DashboardModuleOptions,
  type DashboardOptions,
} from './dashboard.options.js';
import { deadLetterController } from './dead-letter.controller.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { EventBrowser } from './event-browser.js';
import { KnownStreams } from './known-streams.js';
import { LiveFeed } from './live-feed.js';
import { liveController } from './live.controller.js';
import { BUILT_PAGE } from './package-root.js';
import { PageFiles } from './page-files.js';
import { pageController } from './page.controller.js';
import { ProjectionWatch } from './projection-watch.js';
import { readController } from './read.controller.js';
import { StreamWatch } from './stream-watch.js';
import { DASHBOARD_OPTIONS, DASHBOARD_PATH, PAGE_DIRECTORY } from './tokens.js';
import { TrailingSlash } from './trailing-slash.js';
import { Viewers } from './viewers.js';

/**
 * Serves a dashboard of an application's streams: groups and their lag, events, dead letters, projections. It changes nothing
 * unless `actions` says so, and hides personal arguments unless `access` says otherwise.
 */
@Module({})
export class EventBackboneDashboardModule {
  /**
   * Serves it under `/event-backbone`, unless `path` says otherwise.
   *
   * @throws BackboneError `EB_OPTIONS`, also without a `guard` in production.
   */
  static forRoot({ path, ...options }: DashboardModuleOptions = {}): DynamicModule {
    return dashboard(path, [{ provide: DASHBOARD_OPTIONS, useValue: checkedDashboard(options) }]);
  }

  /** Serves it with options that come from other providers; without a `guard` in production the application does not start. */
  static forRootAsync({ path, imports, inject, useFactory, ...rest }: DashboardModuleAsyncOptions): DynamicModule {
    const unknown = unknownNames(rest, []);
    if (unknown.length > 0) throw refused(`unknown option ${unknown.join(', ')}; return it from useFactory`);
    const make = useFactory as (...dependencies: unknown[]) => DashboardOptions | Promise<DashboardOptions>;
    const options: Provider = {
      provide: DASHBOARD_OPTIONS,
      inject,
      useFactory: async (...dependencies: unknown[]) => checkedDashboard(await make(...dependencies)),
    };
    return dashboard(path, [options], imports);
  }
}

function dashboard(
  given: string | undefined,
  options: readonly Provider[],
  imports: DashboardModuleAsyncOptions['imports'] = [],
): DynamicModule {
  const path = checkedPath(given);
  return {
    module: EventBackboneDashboardModule,
    imports: [...imports, DiscoveryModule],
    // The page's takes what the others leave.
    controllers: [liveController(path), deadLetterController(path), readController(path), pageController(path)],
    providers: [
      ...options,
      { provide: DASHBOARD_PATH, useValue: path },
      { provide: PAGE_DIRECTORY, useValue: BUILT_PAGE },
      ...[Viewers, ActionCheck, KnownStreams, StreamWatch, ProjectionWatch, LiveFeed],
      ...[EventBrowser, DeadLetterDesk, PageFiles, TrailingSlash],
    ],
  };
}
