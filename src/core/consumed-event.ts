import { attachmentField } from './attachment.js';
import type { Channel } from './channel.js';
import type { Delivery } from './delivery.js';
import type { Stream } from './stream.js';
import type { Subscription } from './subscription.js';
import type { Codec } from './codec.js';
import { BackboneError } from './errors.js';
import { decodeArguments } from './event-arguments.js';
import { EventContext } from './event-context.js';
import type { EventDefinition } from './event-definition.js';
import { decodeField } from './event-field.js';
import type { Place } from './lanes.js';
import { ManualAck } from './manual-ack.js';
import type { EventMetadata, Fields, Message } from './message.js';
import type { ConsumeContext } from './middleware.js';
import type { Position } from './position.js';

/** Where a consumed event comes from and how its arguments are read; shared by the events of a consumer. */
export interface ConsumedFrom {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly group: string;
  readonly codec: Codec;
  readonly stopping: AbortSignal;
  /** Has the channel remember something about a delivery, and never rejects; absent where no channel could. */
  readonly record?: (delivery: Delivery, what: RecordedFact) => Promise<void>;
}

/** What a channel can remember about a delivery. */
export type RecordedFact = Parameters<Subscription['record']>[1];

/** One event while it is handled: the handler's context and the middleware's, in one object. */
export class ConsumedEvent extends EventContext implements ConsumeContext {
  readonly stage = 'consume';
  readonly metadata: EventMetadata;
  readonly fields: Fields;
  readonly erased: readonly string[];
  /** Set by `skip()`: the event counts as settled although its handler did not succeed. */
  skipped = false;
  /** Set once the handler has run to its end. */
  completed = false;
  readonly #delivery: Delivery;
  readonly #from: ConsumedFrom;
  readonly #place: Place | undefined;
  #attempt: number;
  #failures: number;
  #args: unknown[] | undefined;
  #replaced = false;
  #abort: AbortController | undefined;
  #aborted: BackboneError | undefined;
  #ack: ManualAck | undefined;

  constructor(
    readonly event: EventDefinition,
    delivery: Delivery,
    message: Message,
    from: ConsumedFrom,
    place?: Place,
  ) {
    super();
    this.metadata = message;
    this.fields = message.fields;
    this.erased = message.erased ?? NOTHING_ERASED;
    this.#delivery = delivery;
    this.#from = from;
    this.#place = place;
    this.#failures = delivery.past?.failures ?? 0;
    this.#attempt = 1 + this.#failures;
  }

  get id(): string {
    return this.metadata.id;
  }

  get type(): string {
    return this.metadata.type;
  }

  get key(): string {
    return this.metadata.key;
  }

  get channel(): Channel {
    return this.#from.channel;
  }

  get stream(): Stream {
    return this.#from.stream;
  }

  get group(): string {
    return this.#from.group;
  }

  get stopping(): AbortSignal {
    return this.#from.stopping;
  }

  get position(): Position {
    return this.#delivery.position;
  }

  get deliveries(): number {
    return this.#delivery.deliveries;
  }

  get isReplay(): boolean {
    return this.#delivery.replayed === true;
  }

  get time(): Date {
    return new Date(this.metadata.time);
  }

  get appendedAt(): Date {
    return new Date(this.#delivery.appendedAt);
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** A new try begins anew: nothing of what the last one did to its arguments, or came to, must show. */
  set attempt(attempt: number) {
    this.#attempt = attempt;
    this.completed = false;
    if (!this.#replaced) this.#args = undefined;
    if (this.#abort?.signal.aborted === true) this.#abort = undefined;
  }

  get failures(): number {
    return this.#failures;
  }

  async recordFailure(): Promise<void> {
    this.#failures += 1;
    // Whoever has taken the event over counts for himself.
    if (!this.aborted) await this.#from.record?.(this.#delivery, 'failure');
  }

  rest<T>(work: () => Promise<T>): Promise<T> {
    return this.#place ? this.#place.rest(work) : work();
  }

  get args(): unknown[] {
    return (this.#args ??= this.#decoded());
  }

  set args(args: unknown[]) {
    this.#args = args;
    this.#replaced = true;
  }

  attached(name: string): unknown {
    const field = attachmentField(name);
    const value = Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
    return value === undefined ? undefined : decodeField(this.type, field, value, this.#codec());
  }

  /** Made when somebody asks for it: most handlers never do, and a controller costs more than a small event. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#aborted !== undefined) this.#abort.abort(this.#aborted);
    }
    return this.#abort.signal;
  }

  /** True when the event will be handed out again, or has been, whatever its handler still does. */
  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  /** Tells the handler that its work no longer counts. */
  abort(reason: BackboneError): void {
    this.#aborted ??= reason;
    this.#abort?.abort(reason);
  }

  abortAttempt(reason: BackboneError): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }

  skip(): void {
    this.skipped = true;
    this.#ack?.ack();
  }

  ack(): void {
    this.#manualAck('ack').ack();
  }

  fail(error: unknown): void {
    this.#manualAck('fail').fail(error);
  }

  /** Runs a handler whose event is done when it says so, not when it returns. */
  acknowledged(handler: () => unknown): Promise<void> {
    this.#ack = new ManualAck();
    return this.#ack.run(handler, this);
  }

  #manualAck(method: 'ack' | 'fail'): ManualAck {
    if (this.#ack) return this.#ack;
    const message = `${method}() is for handlers with \`ack: 'manual'\`, and none runs for ${this.type}; give its handler that option`;
    throw new BackboneError('EB_HANDLER', message, { details: { path: this.type } });
  }

  #decoded(): unknown[] {
    return decodeArguments(this.event, this, this.#codec());
  }

  #codec(): Codec {
    const { codec } = this.#from;
    const { type, contentType } = this.metadata;
    if (contentType !== codec.contentType) {
      const message = `the arguments of ${type} are ${contentType}, this consumer reads ${codec.contentType}; give it that codec`;
      throw new BackboneError('EB_UNDECODABLE', message, { details: { path: 'datacontenttype' } });
    }
    return codec;
  }
}

const NOTHING_ERASED: readonly string[] = Object.freeze([]);
