/** `nest-event-backbone/dashboard`: a page for operators, served by the application itself. */
export type * from './dashboard-api.js';
export { EventBackboneDashboardModule } from './dashboard.module.js';
export type {
  DashboardAccess,
  DashboardModuleAsyncOptions,
  DashboardModuleOptions,
  DashboardOptions,
  DashboardRequest,
} from './dashboard.options.js';
