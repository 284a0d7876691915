import { attachmentField } from './attachment.js';
import type { Channel, Published } from './channel.js';
import type { Stream } from './stream.js';
import type { Codec } from './codec.js';
import { dataSubjects } from './data-subjects.js';
import { encodeArguments } from './event-arguments.js';
import type { EventDefinition } from './event-definition.js';
import { encodeField } from './event-field.js';
import { checkedSize, type Limits } from './limits.js';
import type { EventMetadata, Message } from './message.js';
import type { ProduceContext } from './middleware.js';

/** Appends an event, or waits with it for its batch. */
export type Send = (event: OutgoingEvent) => Promise<Published | undefined>;

/** One event on its way through the middleware of its producer, and what became of it. */
export class OutgoingEvent implements ProduceContext {
  readonly stage = 'produce';
  published: Published | undefined;
  #attached: Map<string, unknown> | undefined;

  constructor(
    readonly event: EventDefinition,
    readonly channel: Channel,
    readonly stream: Stream,
    public args: unknown[],
    public metadata: EventMetadata,
    readonly send: Send,
  ) {}

  attach(name: string, value: unknown): void {
    this.#attached ??= new Map();
    this.#attached.set(attachmentField(name), value);
  }

  /**
   * Encodes what it has become.
   *
   * @throws BackboneError `EB_ARGUMENT`, `EB_TOO_LARGE`
   */
  message(codec: Codec, limits: Limits): Message {
    const { event, args, metadata } = this;
    const fields = encodeArguments(event, args, codec);
    this.#attached?.forEach((value, field) => {
      if (value !== undefined) fields[field] = encodeField(event.type, field, value, codec);
    });
    checkedSize(event.type, fields, limits);
    // Written out: spreading the metadata would cost more than the rest of this function.
    return {
      id: metadata.id,
      source: metadata.source,
      type: metadata.type,
      time: metadata.time,
      key: metadata.key,
      correlationId: metadata.correlationId,
      causationId: metadata.causationId,
      traceparent: metadata.traceparent,
      tracestate: metadata.tracestate,
      contentType: codec.contentType,
      headers: metadata.headers,
      fields,
      personal: event.personal,
      dataSubjects: dataSubjects(event, args, fields),
    };
  }
}
