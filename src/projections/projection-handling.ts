import {
  BackboneError,
  compose,
  eventsByType,
  jsonCodec,
  lacksErased,
  runWithEvent,
  type ConsumedFrom,
  type EventDefinition,
  type ReadEvent,
} from '../core/index.js';
import { ProjectedEvent, type Projecting } from './projected-event.js';
import type { ProjectionRunnerOptions } from './projection-options.js';

/** Runs events through middleware and handlers. */
export class ProjectionHandling<Transaction> {
  readonly #from: ConsumedFrom;
  readonly #runs = new Map<string, Run<Transaction>>();

  constructor(options: ProjectionRunnerOptions<Transaction>, from: Pick<ConsumedFrom, 'stream' | 'stopping'>) {
    const { projection, channel, middleware = [], codec = jsonCodec } = options;
    this.#from = { ...from, channel, codec, group: projection.name };
    for (const handler of projection.handlers) {
      const run = compose<ProjectedEvent<Transaction>>(middleware, async (context) => {
        await handler.project(context.args, context);
        context.completed = true;
      });
      this.#runs.set(handler.event.type, { event: handler.event, run });
    }
    for (const [type, { type: readAs }] of eventsByType(projection.handlers.map(({ event }) => event))) {
      const handler = this.#runs.get(readAs);
      if (handler) this.#runs.set(type, handler);
    }
  }

  /** The types that have a handler, older versions that are read as one of them included. */
  get types(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /**
   * Rejects with what the event failed with. Resolves to false when it was passed over, because an argument that its
   * handler needs was erased.
   */
  async project(event: ReadEvent, projecting: Projecting<Transaction>): Promise<boolean> {
    const { message, malformed } = event;
    if (malformed) throw malformed;
    const handler = message && this.#runs.get(message.type);
    if (!handler) return true;
    if (lacksErased(handler.event, message, this.#from.codec)) return false;
    const context = new ProjectedEvent(handler.event, event, message, this.#from, projecting);
    await runWithEvent(context, () => handler.run(context));
    if (context.completed || context.skipped) return true;
    throw new BackboneError('EB_NOT_COMPLETED', `a middleware ended ${context.type} without its handler`);
  }
}

interface Run<Transaction> {
  readonly event: EventDefinition;
  readonly run: (context: ProjectedEvent<Transaction>) => Promise<void>;
}
