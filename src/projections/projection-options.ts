import {
  BackboneError,
  streamOf,
  type Channel,
  type Codec,
  type Middleware,
  type ReadModel,
  type Stream,
} from '../core/index.js';
import type { Projection } from './projection.js';

/** How a projection is run. */
export interface ProjectionSettings {
  /** The most events in one transaction. Default 500. */
  readonly batchSize?: number;
  /** How long a transaction may take in further events. Default 1000. */
  readonly maxTransactionMs?: number;
  /**
   * What happens at an event whose handler fails: `stop` leaves the model as it was before it and stops; `skip` notes
   * the event in the read model and goes on. Default `stop`.
   */
  readonly onFailure?: 'stop' | 'skip';
  /** How often a projection looks whether somebody else has taken it over. Default 5000. */
  readonly checkEveryMs?: number;
}

/** What a runner is made of. */
export interface ProjectionRunnerOptions<Transaction = unknown> extends ProjectionSettings {
  readonly projection: Projection<Transaction>;
  /** Where the events are. */
  readonly channel: Channel;
  /** Default `default`. */
  readonly environment?: string;
  /** Where the model is; another database than that of the events is fine. */
  readonly model: ReadModel<Transaction>;
  /** Around each event. */
  readonly middleware?: readonly Middleware[];
  readonly codec?: Codec;
}

/** Returns the stream that a projection reads. */
export function streamOfProjection({
  projection,
  environment = 'default',
}: Pick<ProjectionRunnerOptions<never>, 'environment' | 'projection'>): Stream {
  return streamOf(projection.contract, environment);
}

/** The settings of a projection with none left out. */
export type CheckedSettings = Required<ProjectionSettings>;

/**
 * Fills in the settings that were not told.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function checkedSettings(settings: ProjectionSettings): CheckedSettings {
  const { batchSize = 500, maxTransactionMs = 1_000, checkEveryMs = 5_000, onFailure = 'stop' } = settings;
  for (const [option, value] of Object.entries({ batchSize, maxTransactionMs, checkEveryMs })) {
    if (!Number.isSafeInteger(value) || value < 1) throw refused(option, 'a whole number from 1');
  }
  if (!['stop', 'skip'].includes(onFailure)) throw refused('onFailure', "'stop' or 'skip'");
  return { batchSize, maxTransactionMs, checkEveryMs, onFailure };
}

function refused(option: string, wanted: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `a projection's ${option} must be ${wanted}`, { details: { path: option } });
}
