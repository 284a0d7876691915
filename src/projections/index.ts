/** `nest-event-backbone/projections`: read models whose effect is exactly once, without a framework. */
export type { ReadModel, ReadModelSide, ShadowModel, SkippedEvent } from '../core/index.js';
export type { InitOptions, InitReport } from './init-model.js';
export type { InitProgress } from './init-progress.js';
export { memoryReadModel, type MemoryReadModel } from './memory-read-model.js';
export type { MemoryTable, MemoryTransaction } from './memory-tables.js';
export { ProjectedEvent } from './projected-event.js';
export { PROJECTION_DIAGNOSTICS, type ProjectionDiagnostic } from './projection-diagnostics.js';
export type { ProjectionRunnerOptions, ProjectionSettings } from './projection-options.js';
export {
  ProjectionRunner,
  type ProjectionLag,
  type ProjectionState,
  type WaitForOptions,
} from './projection-runner.js';
export {
  checkedProjection,
  defineProjection,
  type Projection,
  type ProjectionHandler,
  type ProjectionMethods,
  type ProjectionSource,
} from './projection.js';
