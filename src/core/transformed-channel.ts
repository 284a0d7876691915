import type { Channel, ChannelSupports, Published, PublishOptions, ReadOptions } from './channel.js';
import type { ChannelAdmin } from './channel-admin.js';
import type { ReadEvent } from './delivery.js';
import type { Stream } from './stream.js';
import type { SubscribeOptions, Subscription } from './subscription.js';
import type { FieldTransform, PersonalCare } from './field-transform.js';
import type { Message } from './message.js';
import { RestoredFields } from './restored-fields.js';
import { TransformedAdmin } from './transformed-admin.js';
import { TransformedSubscription } from './transformed-subscription.js';

/**
 * Makes a channel that transforms fields on their way: before an append in the order given, after a read in the reverse
 * order. A consumer or a reader that follows waits while what a transform needs is away, and says so; a read to the present
 * end rejects. The channel inside is closed with it.
 */
export function transformedChannel(channel: Channel, transforms: readonly FieldTransform[]): Channel {
  return transforms.length === 0 ? channel : new TransformedChannel(channel, transforms);
}

/** Returns the channel that a transformed one stands on, the one that its diagnostics name; any other channel itself. */
export function innermost(channel: Channel): Channel {
  return channel instanceof TransformedChannel ? innermost(channel.inner) : channel;
}

/** Tells what becomes of personal fields on their way to a channel. */
export function personalCare(channel: Channel): PersonalCare {
  return channel instanceof TransformedChannel ? channel.personal : NO_CARE;
}

const NO_CARE: PersonalCare = Object.freeze({ noted: false, encrypted: false });

class TransformedChannel implements Channel {
  readonly inner: Channel;
  readonly technology: string | undefined;
  readonly personal: PersonalCare;
  readonly supports: ChannelSupports;
  readonly admin: ChannelAdmin;
  readonly #transforms: readonly FieldTransform[];
  readonly #restored: RestoredFields;
  /** By stream, while appends are prepared: fulfilled once all that were called so far have reached the channel. */
  readonly #sent = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(inner: Channel, transforms: readonly FieldTransform[]) {
    this.inner = inner;
    this.technology = inner.technology;
    this.supports = inner.supports;
    this.#transforms = [...transforms];
    const all = [personalCare(inner), ...transforms.flatMap(({ personal }) => personal ?? [])];
    this.personal = { noted: all.some(({ noted }) => noted), encrypted: all.some(({ encrypted }) => encrypted) };
    this.#restored = new RestoredFields(innermost(inner), this.#transforms);
    this.admin = new TransformedAdmin(inner, this.#transforms, this.#restored);
  }

  // Asynchronous for what a transform may throw; where nothing is to be prepared, it is sent before this returns.
  async publish(stream: Stream, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]> {
    const send = (prepared: readonly Message[]) => this.inner.publish(stream, prepared, options);
    if (this.#closed) return send(messages);
    const prepared = this.#outward(stream, messages);
    const name = `${stream.environment}:${stream.contract}`;
    const before = this.#sent.get(name);
    if (!before && !isPromise(prepared)) return send(prepared);
    return this.#inTurn(name, prepared, before, send);
  }

  subscribe(options: SubscribeOptions): Subscription {
    return new TransformedSubscription(this.inner, options, this.#restored);
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    return this.#restored.read(this.inner.read(options), options);
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.inner.close();
  }

  #outward(stream: Stream, messages: readonly Message[]): readonly Message[] | Promise<readonly Message[]> {
    let prepared: readonly Message[] | Promise<readonly Message[]> = messages;
    for (const transform of this.#transforms) {
      prepared = isPromise(prepared)
        ? prepared.then((each) => transform.outward(stream, each))
        : transform.outward(stream, prepared);
    }
    return prepared;
  }

  /** Messages are prepared side by side; what was called first is sent first. */
  #inTurn(
    name: string,
    prepared: readonly Message[] | Promise<readonly Message[]>,
    before: Promise<unknown> | undefined,
    send: (prepared: readonly Message[]) => Promise<readonly Published[]>,
  ): Promise<readonly Published[]> {
    // Wrapped, since it is the sending that the next one waits for, and not the server's answer.
    const turn = Promise.all([prepared, before]).then(([messages]) => ({ published: send(messages) }));
    const sent = Promise.allSettled([turn, before]).then(() => {
      if (this.#sent.get(name) === sent) this.#sent.delete(name);
    });
    this.#sent.set(name, sent);
    return turn.then(({ published }) => published);
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
}
