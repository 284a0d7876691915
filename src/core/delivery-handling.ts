import type { DeadLetterReason, Delivery, Settlement } from './delivery.js';
import { ConsumedEvent, type ConsumedFrom } from './consumed-event.js';
import type { ConsumerLimits, ConsumerOptions, Handler } from './consumer-options.js';
import { deadLetterReason } from './dead-letter-reason.js';
import { eventsAreHeard, reportConsumer, reportEvent, type EventDiagnostic } from './diagnostics.js';
import { BackboneError, isBackboneError } from './errors.js';
import { lacksErased } from './event-arguments.js';
import type { EventDefinition } from './event-definition.js';
import { runWithEvent } from './event-run.js';
import type { Place } from './lanes.js';
import { NO_FIELDS, type Message } from './message.js';
import { compose } from './middleware.js';
import { ParkedKeys } from './parked-keys.js';
import { eventsByType } from './upcast-chain.js';

type Run = (context: ConsumedEvent) => Promise<void>;

/** How many deliveries came to which end. */
export interface HandlingCounts {
  readonly handled: number;
  readonly skipped: number;
  readonly deadLetters: number;
  /** Passed over, because an argument that their handler needs was erased. */
  readonly erased: number;
}

/** What a handling is made of. */
export type HandlingOptions = Pick<ConsumerOptions, 'handlers' | 'middleware' | 'knownTypes'> &
  Pick<ConsumerLimits, 'maxCrashes' | 'onFailure'> & {
    /** Called with what an event failed for good with, under the policy `stop`. */
    readonly stop: (error: unknown, delivery: Delivery) => void;
  };

/** Runs deliveries through middleware and handler, and says what is to become of each. */
export class DeliveryHandling {
  /** Under the policy `park-key`: it must be told of reads and settlements. */
  readonly parked: ParkedKeys | undefined;
  readonly #from: ConsumedFrom;
  readonly #options: HandlingOptions;
  readonly #runs = new Map<string, { readonly event: EventDefinition; readonly run: Run; readonly replays: boolean }>();
  readonly #known: ReadonlySet<string>;
  readonly #unhandledReasons = new Map<string, DeadLetterReason>();
  readonly #active = new Map<Delivery, ConsumedEvent>();
  readonly #lost = new WeakSet<Delivery>();
  readonly #counts = { handled: 0, skipped: 0, deadLetters: 0, erased: 0 };

  /** @throws BackboneError `EB_OPTIONS` for two handlers of one type. */
  constructor(options: HandlingOptions, from: ConsumedFrom) {
    const { handlers, middleware = [], knownTypes, onFailure } = options;
    this.#from = from;
    this.#options = options;
    this.#known = new Set(knownTypes);
    this.parked = onFailure === 'park-key' ? new ParkedKeys() : undefined;
    for (const handler of handlers) {
      const { event } = handler;
      if (this.#runs.has(event.type)) throw twoHandlers(event.type, from.group);
      const around = [...middleware, ...(handler.middleware ?? [])];
      const run = compose<ConsumedEvent>(around, (context) => completion(handler, context));
      const runAround: Run = (context) => runWithEvent(context, () => run(context), 'middleware');
      const quiet = around.every((each) => each.quiet === true);
      this.#runs.set(event.type, { event, run: quiet ? run : runAround, replays: handler.onReplay !== 'skip' });
    }
    for (const [type, { type: readAs }] of eventsByType(handlers.map(({ event }) => event))) {
      const handler = this.#runs.get(readAs);
      if (handler) this.#runs.set(type, handler);
    }
  }

  /** The types that have a handler, older versions that are read as one of them included. */
  get types(): readonly string[] {
    return [...this.#runs.keys()];
  }

  get counts(): HandlingCounts {
    return { ...this.#counts };
  }

  /** Never rejects. Resolves to nothing when the delivery must be handed out again, or was already. */
  settlementOf(delivery: Delivery, place?: Place): Settlement | undefined | Promise<Settlement | undefined> {
    if (this.#lost.has(delivery)) return undefined;
    const { message, malformed, past } = delivery;
    if (!message) return this.#failed(delivery, malformed, 0);
    const handler = this.#runs.get(message.type);
    if (!handler) return this.#unhandled(delivery, message.type);
    if (delivery.replayed === true && !handler.replays) return this.#replayed(delivery, message);
    if (this.parked?.holds(message.key, delivery) === true) {
      return { ...this.#setAside(delivery, PARKED, undefined), park: true };
    }
    if (malformed) return this.#failed(delivery, malformed, 0);
    if (lacksErased(handler.event, message, this.#from.codec)) return this.#erased(delivery, message);
    if (past && past.crashes >= this.#options.maxCrashes) {
      return this.#failed(delivery, crashed(message.type, past.crashes), past.failures);
    }
    const context = new ConsumedEvent(handler.event, delivery, message, this.#from, place);
    this.#active.set(delivery, context);
    if (!eventsAreHeard()) return this.#handled(delivery, context, handler.run);
    return reportEvent(
      () => this.#handled(delivery, context, handler.run),
      (settlement) => this.#processed(context, settlement),
    );
  }

  /** Tells handlers that another consumer has their events now; those that have not begun never will. */
  lose(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.#lost.add(delivery);
      const why = 'another consumer of the group has taken this event over, or the group was reset';
      const error = new BackboneError('EB_LEASE_LOST', why);
      this.#active.get(delivery)?.abort(error);
    }
  }

  /** Tells every running handler to give up. */
  abort(message: string): void {
    for (const context of this.#active.values()) context.abort(new BackboneError('EB_STOPPING', message));
  }

  async #handled(delivery: Delivery, context: ConsumedEvent, run: Run): Promise<Settlement | undefined> {
    const { stopping } = this.#from;
    try {
      if (delivery.deliveries > 1 && this.#from.record) {
        await this.#from.record(delivery, 'start');
        if (context.aborted || stopping.aborted) return undefined;
      }
      await run(context);
      if (!context.completed && !context.skipped) throw notCompleted(context.type);
    } catch (error) {
      if (!context.skipped) {
        // Not the event's fault, or not this consumer's event any more.
        if (context.aborted || (stopping.aborted && isBackboneError(error, 'EB_STOPPING'))) return undefined;
        return this.#failed(delivery, error, context.attempt);
      }
    } finally {
      this.#active.delete(delivery);
    }
    if (context.aborted) return undefined;
    this.#counts[context.skipped ? 'skipped' : 'handled'] += 1;
    return { delivery };
  }

  #processed(
    { type, skipped }: ConsumedEvent,
    settlement: Settlement | undefined,
  ): Omit<EventDiagnostic, 'durationMs'> {
    const { channel, stream, group } = this.#from;
    const event = { channel, kind: 'processed', stream, group, type } as const;
    if (!settlement) return { ...event, outcome: 'released' };
    const { deadLetter } = settlement;
    if (deadLetter) return { ...event, outcome: 'failed', errorType: deadLetter.code };
    return { ...event, outcome: skipped ? 'skipped' : 'done' };
  }

  #unhandled(delivery: Delivery, type: string): Settlement {
    // What the library itself appends is known to everybody, and need not be handled by anybody.
    if (!type.startsWith('$') && !this.#known.has(type)) {
      const error = unknownType(type);
      return this.#setAside(delivery, deadLetterReason(error, 0), error);
    }
    this.#counts.skipped += 1;
    return { delivery, unhandled: this.#unhandledReason(type) };
  }

  /** What is gone for good can be no failure: there is nothing to try again, and nobody to mend it. */
  #erased(delivery: Delivery, { id: eventId, type }: Message): Settlement {
    const { channel, stream, group } = this.#from;
    this.#counts.erased += 1;
    reportConsumer({ channel, stream, group, kind: 'erased', eventId, type });
    return { delivery };
  }

  /** The group has handled it before, and its handler wants nothing twice. */
  #replayed(delivery: Delivery, { id: eventId, type }: Message): Settlement {
    const { channel, stream, group } = this.#from;
    this.#counts.skipped += 1;
    reportConsumer({ channel, stream, group, kind: 'replaySkipped', eventId, type });
    return { delivery };
  }

  /** Made once: a group may pass over most of its events. */
  #unhandledReason(type: string): DeadLetterReason {
    let reason = this.#unhandledReasons.get(type);
    if (!reason) {
      reason = Object.freeze(deadLetterReason(notHandled(type), 0));
      this.#unhandledReasons.set(type, reason);
    }
    return reason;
  }

  #failed(delivery: Delivery, error: unknown, attempts: number): Settlement | undefined {
    const { onFailure, stop } = this.#options;
    if (onFailure === 'stop') {
      stop(error, delivery);
      return undefined;
    }
    const { message } = delivery;
    const settlement = this.#setAside(delivery, deadLetterReason(error, attempts, message?.fields ?? NO_FIELDS), error);
    if (!this.parked || !message) return settlement;
    this.parked.park(message.key, delivery);
    return { ...settlement, park: true };
  }

  #setAside(delivery: Delivery, deadLetter: DeadLetterReason, error: unknown): Settlement {
    const { channel, stream, group } = this.#from;
    const { id: eventId, type } = delivery.message ?? {};
    this.#counts.deadLetters += 1;
    reportConsumer({ channel, stream, group, kind: 'deadLetter', eventId, type, deadLetter, error });
    return { delivery, deadLetter };
  }
}

/** The innermost step: the handler, until its event is done. */
async function completion(handler: Handler, context: ConsumedEvent): Promise<void> {
  const { attempt } = context;
  const invoke = () => runWithEvent(context, () => handler.invoke(context.args, context));
  await (handler.ack === 'manual' ? context.acknowledged(invoke) : invoke());
  // A try that was given up may end well behind the back of the next one.
  if (context.attempt === attempt) context.completed = true;
}

const PARKED: DeadLetterReason = Object.freeze({
  kind: 'parked',
  code: 'EB_PARKED',
  error: 'EB_PARKED: an earlier event of its key failed; redrive that one, and this one follows',
  attempts: 0,
});

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

function notHandled(type: string): BackboneError {
  const message = `this build of the group has no handler of ${type}; it goes to a member that has one`;
  return new BackboneError('EB_UNKNOWN_TYPE', message, { details: { path: type } });
}

function crashed(type: string, crashes: number): BackboneError {
  const message = `${type} was begun and not finished ${crashes} times: its consumer crashed or stood still; make its handler safe, then redrive`;
  return new BackboneError('EB_CRASHED', message, { details: { path: type, crashes } });
}
