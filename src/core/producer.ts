import { BatchGate } from './batch-gate.js';
import type { Channel, Published, PublishOptions } from './channel.js';
import type { Stream } from './stream.js';
import type { Codec } from './codec.js';
import type { ContractClass, EventArgs } from './contract.js';
import { describeContract } from './contract-definition.js';
import { deadLetterReason } from './dead-letter-reason.js';
import { DeprecationNotice } from './deprecation.js';
import { eventsAreHeard, reportEvent } from './diagnostics.js';
import type { Erased } from './erased.js';
import { BackboneError } from './errors.js';
import type { ContractDefinition, EventDefinition } from './event-definition.js';
import { eventMetadata, type ProduceOverrides } from './event-metadata.js';
import { jsonCodec } from './json-codec.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { Position } from './position.js';
import { compose, type Middleware } from './middleware.js';
import { checkedName } from './names.js';
import { OutgoingEvent, type Send } from './outgoing-event.js';

/** What a producer's call resolves to, once the server confirmed. */
export interface Receipt {
  /** The event's id. */
  readonly id: string;
  readonly position: Position;
  readonly stream: Stream;
  /** True when an event of this id was stored before, so that this call added nothing. */
  readonly duplicate: boolean;
}

/** What a producer takes: the event's arguments, and no `Erased`. */
type Given<Args extends readonly unknown[]> = { [I in keyof Args]: Exclude<Args[I], Erased> };

/** The methods of a contract, each resolving to a {@link Receipt}. */
export type EventMethods<C> = {
  readonly [K in keyof C as C[K] extends (...args: never[]) => unknown ? K : never]: (
    ...args: Given<EventArgs<C, K>>
  ) => Promise<Receipt>;
};

/** The methods of a contract, each recording an event of a batch. */
export type BatchMethods<C> = {
  readonly [K in keyof C as C[K] extends (...args: never[]) => unknown ? K : never]: (
    ...args: Given<EventArgs<C, K>>
  ) => void;
};

/** Appends the events of a contract: its methods, `$with` and `$batch`. */
export type Producer<C> = EventMethods<C> & {
  /** The same producer with an event id, key, headers, environment, expected version or transaction of its own. */
  $with(overrides: ProduceOverrides): Producer<C>;
  /** Appends the recorded events in order, all or none; resolves to one receipt for each. */
  $batch(record: (batch: BatchMethods<C>) => void): Promise<readonly Receipt[]>;
};

/** What producers of one application share. */
export interface ProducerOptions {
  readonly channel: Channel;
  readonly environment: string;
  /** The application's name, `source` of its events. */
  readonly source: string;
  readonly codec?: Codec;
  readonly limits?: Partial<Limits>;
  readonly middleware?: readonly Middleware[];
  /** The secret of hashed keys, 16 bytes or more: whoever knows it can tell which key a value has. */
  readonly keySecret?: string | Uint8Array;
}

/**
 * Makes the producer of a contract.
 *
 * @throws BackboneError `EB_CONTRACT`, `EB_NAME`, and `EB_OPTIONS` for a hashed key without a secret.
 */
export function createProducer<C extends object>(cls: ContractClass<C>, options: ProducerOptions): Producer<C> {
  const contract = describeContract(cls);
  const { channel } = options;
  const codec = options.codec ?? jsonCodec;
  const limits: Limits = {
    maxArgumentBytes: options.limits?.maxArgumentBytes ?? DEFAULT_LIMITS.maxArgumentBytes,
    maxEventBytes: options.limits?.maxEventBytes ?? DEFAULT_LIMITS.maxEventBytes,
  };
  const home = streamOf(contract, options.environment);
  const notice = new DeprecationNotice(channel, home);
  checkedName('source', options.source);
  checkKeySecret(contract, options.keySecret);

  const single = (overrides: ProduceOverrides) => {
    const how = publishOptions(overrides);
    return async (sending: OutgoingEvent): Promise<Published | undefined> => {
      const [published] = await channel.publish(sending.stream, [sending.message(codec, limits)], how);
      return published;
    };
  };
  const direct = (options.middleware ?? []).length === 0;
  const run = compose<OutgoingEvent>(options.middleware ?? [], async (sending) => {
    sending.published = await sending.send(sending);
  });

  function sending(event: EventDefinition, args: unknown[], overrides: ProduceOverrides, send: Send): OutgoingEvent {
    if (event.deprecated !== undefined) notice.produced(event);
    const stream = overrides.environment === undefined ? home : streamOf(contract, overrides.environment);
    const metadata = eventMetadata(event, args, options, overrides);
    return new OutgoingEvent(event, options.channel, stream, args, metadata, send);
  }

  const complete = async (one: OutgoingEvent): Promise<Receipt> => {
    if (direct) one.published = await one.send(one);
    else await run(one);
    return receipt(one);
  };

  function sent(one: OutgoingEvent): Promise<Receipt> {
    if (!eventsAreHeard()) return complete(one);
    return reportEvent(
      () => complete(one),
      (stored, error) => {
        const event = { channel, kind: 'sent', stream: one.stream, type: one.event.type } as const;
        if (stored) return { ...event, outcome: 'done' };
        return { ...event, outcome: 'failed', errorType: deadLetterReason(error, 0).code };
      },
    );
  }

  function receipt({ metadata, stream, published }: OutgoingEvent): Receipt {
    // A middleware that neither throws nor calls next must not look like a stored event.
    if (!published) throw notCompleted(metadata.type);
    return { id: metadata.id, position: published.position, stream, duplicate: published.duplicate };
  }

  async function batch(record: (batch: never) => unknown, overrides: ProduceOverrides): Promise<readonly Receipt[]> {
    if (overrides.eventId !== undefined) {
      throw refused('$with({ eventId }) names one event; a batch has several', 'eventId');
    }
    const recorded: OutgoingEvent[] = [];
    const how = publishOptions(overrides);
    const stream = overrides.environment === undefined ? home : streamOf(contract, overrides.environment);
    const gate = new BatchGate(() =>
      channel.publish(
        stream,
        recorded.map((each) => each.message(codec, limits)),
        how,
      ),
    );
    let open = true;
    const returned = record(
      methods(contract, (event, args) => {
        if (!open) throw refused('the batch is closed; record its events before the function returns', '$batch');
        const index = recorded.length;
        recorded.push(sending(event, args, overrides, () => gate.arrive(index)));
      }) as never,
    );
    open = false;
    if (returned instanceof Promise) {
      returned.catch(() => undefined);
      throw refused('the function given to $batch must record at once; await what it needs before the call', '$batch');
    }
    gate.expect(recorded.length);
    return Promise.all(
      recorded.map(async (each) => {
        try {
          return await sent(each);
        } catch (error) {
          gate.refuse(error);
          throw error;
        }
      }),
    );
  }

  function producer(overrides: ProduceOverrides): object {
    const send = single(overrides);
    // Asynchronous for arguments that are refused.
    const made = methods(contract, async (event, args) => sent(sending(event, args, overrides, send)));
    made['$with'] = (more: ProduceOverrides) => producer({ ...overrides, ...more });
    made['$batch'] = (record: (batch: never) => unknown) => batch(record, overrides);
    return Object.freeze(made);
  }

  return producer({}) as Producer<C>;
}

/** The stream of a contract in an environment. */
export function streamOf(contract: ContractDefinition, environment: string): Stream {
  return { environment: checkedName('environment', environment), contract: contract.name };
}

const SHORTEST_SECRET = 16;

function checkKeySecret(contract: ContractDefinition, secret: ProducerOptions['keySecret']): void {
  const event = [...contract.byMethod.values()].find(({ key }) => key?.hashed);
  if (!event) return;
  const where = `${contract.cls.name}.${event.method} has a hashed @Key`;
  const refused = (why: string) =>
    new BackboneError('EB_OPTIONS', `${where}${why}`, { details: { path: 'keySecret' } });
  if (secret === undefined)
    throw refused(', and its producer has no secret for it; give `privacy.secret` or `keySecret`');
  if (Buffer.byteLength(secret) < SHORTEST_SECRET)
    throw refused(`; its secret must have ${SHORTEST_SECRET} bytes or more`);
}

function publishOptions({ expected, transaction }: ProduceOverrides): PublishOptions | undefined {
  return expected === undefined && transaction === undefined ? undefined : { expected, transaction };
}

function methods(
  contract: ContractDefinition,
  call: (event: EventDefinition, args: unknown[]) => unknown,
): Record<string, unknown> {
  const made = Object.create(null) as Record<string, unknown>;
  for (const event of contract.byMethod.values()) made[event.method] = (...args: unknown[]) => call(event, args);
  return made;
}

function refused(message: string, path: string): BackboneError {
  return new BackboneError('EB_ARGUMENT', message, { details: { path, constraint: 'batch' } });
}

function notCompleted(type: string): BackboneError {
  const message = `a middleware kept ${type} from being appended: it swallowed a failure, or did not call next`;
  return new BackboneError('EB_NOT_COMPLETED', message, { details: { path: type } });
}
