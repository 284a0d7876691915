import type { Delivery, Settlement } from './channel.js';
import { ConsumedEvent, type ConsumedFrom } from './consumed-event.js';
import type { ConsumerOptions } from './consumer-options.js';
import type { EventDefinition } from './contract-definition.js';
import { deadLetterReason } from './dead-letter-reason.js';
import { reportConsumer } from './diagnostics.js';
import { BackboneError, isBackboneError } from './errors.js';
import { runWithEvent } from './event-run.js';
import { compose } from './middleware.js';

type Run = (context: ConsumedEvent) => Promise<void>;

/** How many deliveries came to which end. */
export interface HandlingCounts {
  readonly handled: number;
  readonly skipped: number;
  readonly deadLetters: number;
}

/** Runs deliveries through middleware and handler, and says what is to become of each. */
export class DeliveryHandling {
  readonly #from: ConsumedFrom;
  readonly #runs = new Map<string, { readonly event: EventDefinition; readonly run: Run }>();
  readonly #known: ReadonlySet<string>;
  readonly #active = new Map<Delivery, ConsumedEvent>();
  readonly #lost = new WeakSet<Delivery>();
  readonly #counts = { handled: 0, skipped: 0, deadLetters: 0 };

  /** @throws BackboneError `EB_OPTIONS` for two handlers of one type. */
  constructor({ handlers, middleware = [], knownTypes }: ConsumerOptions, from: ConsumedFrom) {
    this.#from = from;
    this.#known = new Set(knownTypes);
    for (const handler of handlers) {
      const { event } = handler;
      if (this.#runs.has(event.type)) throw twoHandlers(event.type, from.group);
      const around = [...middleware, ...(handler.middleware ?? [])];
      const run = compose<ConsumedEvent>(around, async (context) => {
        await runWithEvent(context, () => handler.invoke(context.args, context));
        context.completed = true;
      });
      const runAround: Run = (context) => runWithEvent(context, () => run(context), 'middleware');
      const quiet = around.every((each) => each.quiet === true);
      this.#runs.set(event.type, { event, run: quiet ? run : runAround });
    }
  }

  /** The types that have a handler. */
  get types(): readonly string[] {
    return [...this.#runs.keys()];
  }

  get counts(): HandlingCounts {
    return { ...this.#counts };
  }

  /** Never rejects. Resolves to nothing when the delivery must be handed out again, or was already. */
  settlementOf(delivery: Delivery): Settlement | undefined | Promise<Settlement | undefined> {
    if (this.#lost.has(delivery)) return undefined;
    const { message, malformed } = delivery;
    if (!message) return this.#setAside(delivery, malformed, 0);
    const handler = this.#runs.get(message.type);
    if (!handler) return this.#unhandled(delivery, message.type);
    if (malformed) return this.#setAside(delivery, malformed, 0);
    const context = new ConsumedEvent(handler.event, delivery, message, this.#from);
    this.#active.set(delivery, context);
    return this.#handled(delivery, context, handler.run);
  }

  /** Tells handlers that another consumer has their events now; those that have not begun never will. */
  lose(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.#lost.add(delivery);
      const error = new BackboneError('EB_LEASE_LOST', 'another consumer of the group has taken this event over');
      this.#active.get(delivery)?.abort(error);
    }
  }

  /** Tells every running handler to give up. */
  abort(message: string): void {
    for (const context of this.#active.values()) context.abort(new BackboneError('EB_STOPPING', message));
  }

  async #handled(delivery: Delivery, context: ConsumedEvent, run: Run): Promise<Settlement | undefined> {
    try {
      await run(context);
      if (!context.completed && !context.skipped) throw notCompleted(context.type);
    } catch (error) {
      if (!context.skipped) {
        // Not the event's fault, or not this consumer's event any more.
        if (context.aborted || (context.stopping.aborted && isBackboneError(error, 'EB_STOPPING'))) return undefined;
        return this.#setAside(delivery, error, context.attempt);
      }
    } finally {
      this.#active.delete(delivery);
    }
    if (context.aborted) return undefined;
    this.#counts[context.skipped ? 'skipped' : 'handled'] += 1;
    return { delivery };
  }

  #unhandled(delivery: Delivery, type: string): Settlement {
    if (!this.#known.has(type) && !type.startsWith('$')) return this.#setAside(delivery, unknownType(type), 0);
    this.#counts.skipped += 1;
    return { delivery };
  }

  #setAside(delivery: Delivery, error: unknown, attempts: number): Settlement {
    const { channel, stream, group } = this.#from;
    const { id: eventId, type } = delivery.message ?? {};
    const deadLetter = deadLetterReason(error, attempts);
    this.#counts.deadLetters += 1;
    reportConsumer({ channel, stream, group, kind: 'deadLetter', eventId, type, deadLetter, error });
    return { delivery, deadLetter };
  }
}

function twoHandlers(type: string, group: string): BackboneError {
  const message = `two handlers of ${type} in the group ${group}; put one into a group of its own`;
  return new BackboneError('EB_OPTIONS', message, { details: { path: type } });
}

function unknownType(type: string): BackboneError {
  const message = `this build knows no event ${type}; deploy one that does, then redrive the dead letter`;
  return new BackboneError('EB_UNKNOWN_TYPE', message, { details: { path: type } });
}

function notCompleted(type: string): BackboneError {
  const message = `a middleware ended ${type} without its handler: it swallowed a failure, or called neither next nor skip()`;
  return new BackboneError('EB_NOT_COMPLETED', message, { details: { path: type } });
}
