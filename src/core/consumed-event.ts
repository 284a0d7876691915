import type { Channel, Delivery, Stream } from './channel.js';
import type { Codec } from './codec.js';
import type { EventDefinition } from './contract-definition.js';
import { BackboneError } from './errors.js';
import { decodeArguments } from './event-arguments.js';
import { EventContext } from './event-context.js';
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
}

/** One event while it is handled: the handler's context and the middleware's, in one object. */
export class ConsumedEvent extends EventContext implements ConsumeContext {
  readonly stage = 'consume';
  readonly metadata: EventMetadata;
  readonly fields: Fields;
  /** Set by `skip()`: the event counts as settled although its handler did not succeed. */
  skipped = false;
  /** Set once the handler has run to its end. */
  completed = false;
  readonly #delivery: Delivery;
  readonly #from: ConsumedFrom;
  #attempt = 1;
  #args: unknown[] | undefined;
  #replaced = false;
  #abort: AbortController | undefined;
  #aborted: BackboneError | undefined;

  constructor(
    readonly event: EventDefinition,
    delivery: Delivery,
    message: Message,
    from: ConsumedFrom,
  ) {
    super();
    this.metadata = message;
    this.fields = message.fields;
    this.#delivery = delivery;
    this.#from = from;
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

  get time(): Date {
    return new Date(this.metadata.time);
  }

  get appendedAt(): Date {
    return new Date(this.#delivery.appendedAt);
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** A new try begins with new arguments: what the last one did to its own must not show. */
  set attempt(attempt: number) {
    this.#attempt = attempt;
    if (!this.#replaced) this.#args = undefined;
  }

  get args(): unknown[] {
    return (this.#args ??= this.#decoded());
  }

  set args(args: unknown[]) {
    this.#args = args;
    this.#replaced = true;
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

  skip(): void {
    this.skipped = true;
  }

  #decoded(): unknown[] {
    const { codec } = this.#from;
    const { type, contentType } = this.metadata;
    if (contentType !== codec.contentType) {
      const message = `the arguments of ${type} are ${contentType}, this consumer reads ${codec.contentType}; give it that codec`;
      throw new BackboneError('EB_UNDECODABLE', message, { details: { path: 'datacontenttype' } });
    }
    return decodeArguments(this.event, this.fields, codec);
  }
}
