import { BatchGate } from './batch-gate.js';
import type { Channel, Published, PublishOptions, Stream } from './channel.js';
import type { Codec } from './codec.js';
import type { ContractClass, EventArgs } from './contract.js';
import { describeContract, type ContractDefinition, type EventDefinition } from './contract-definition.js';
import { BackboneError } from './errors.js';
import { encodeArguments } from './event-arguments.js';
import { eventMetadata, type ProduceOverrides } from './event-metadata.js';
import { jsonCodec } from './json-codec.js';
import { checkedSize, DEFAULT_LIMITS, type Limits } from './limits.js';
import type { Position } from './position.js';
import type { Message } from './message.js';
import { compose, type Middleware, type ProduceContext } from './middleware.js';
import { checkedName } from './names.js';

/** What a producer's call resolves to, once the server confirmed. */
export interface Receipt {
  /** The event's id. */
  readonly id: string;
  readonly position: Position;
  readonly stream: Stream;
  /** True when an event of this id was stored before, so that this call added nothing. */
  readonly duplicate: boolean;
}

/** The methods of a contract, each resolving to a {@link Receipt}. */
export type EventMethods<C> = {
  readonly [K in keyof C as C[K] extends (...args: never[]) => unknown ? K : never]: (
    ...args: EventArgs<C, K>
  ) => Promise<Receipt>;
};

/** The methods of a contract, each recording an event of a batch. */
export type BatchMethods<C> = {
  readonly [K in keyof C as C[K] extends (...args: never[]) => unknown ? K : never]: (...args: EventArgs<C, K>) => void;
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
}

/** A context on its way through the middleware, and what became of it. */
interface Sending extends ProduceContext {
  readonly send: (sending: Sending) => Promise<Published | undefined>;
  published?: Published;
}

/** Makes the producer of a contract. */
export function createProducer<C extends object>(cls: ContractClass<C>, options: ProducerOptions): Producer<C> {
  const contract = describeContract(cls);
  const { channel } = options;
  const codec = options.codec ?? jsonCodec;
  const limits: Limits = {
    maxArgumentBytes: options.limits?.maxArgumentBytes ?? DEFAULT_LIMITS.maxArgumentBytes,
    maxEventBytes: options.limits?.maxEventBytes ?? DEFAULT_LIMITS.maxEventBytes,
  };
  const home = streamOf(contract, options.environment);
  checkedName('source', options.source);

  const single = (overrides: ProduceOverrides) => {
    const how = publishOptions(overrides);
    return async (sending: Sending): Promise<Published | undefined> => {
      const [published] = await channel.publish(sending.stream, [encode(sending)], how);
      return published;
    };
  };
  const direct = (options.middleware ?? []).length === 0;
  const run = compose<Sending>(options.middleware ?? [], async (sending) => {
    sending.published = await sending.send(sending);
  });

  function encode({ event, args, metadata }: ProduceContext): Message {
    const fields = encodeArguments(event, args, codec);
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
    };
  }

  function sending(
    event: EventDefinition,
    args: unknown[],
    overrides: ProduceOverrides,
    send: Sending['send'],
  ): Sending {
    const stream = overrides.environment === undefined ? home : streamOf(contract, overrides.environment);
    const metadata = eventMetadata(event, args, options.source, overrides);
    return { stage: 'produce', event, stream, args, metadata, send };
  }

  function receipt({ metadata, stream, published }: Sending): Receipt {
    // A middleware that neither throws nor calls next must not look like a stored event.
    if (!published) throw notCompleted(metadata.type);
    return { id: metadata.id, position: published.position, stream, duplicate: published.duplicate };
  }

  async function batch(record: (batch: never) => unknown, overrides: ProduceOverrides): Promise<readonly Receipt[]> {
    if (overrides.eventId !== undefined) {
      throw refused('$with({ eventId }) names one event; a batch has several', 'eventId');
    }
    const recorded: Sending[] = [];
    const how = publishOptions(overrides);
    const stream = overrides.environment === undefined ? home : streamOf(contract, overrides.environment);
    const gate = new BatchGate(() => channel.publish(stream, recorded.map(encode), how));
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
          await run(each);
          return receipt(each);
        } catch (error) {
          gate.refuse(error);
          throw error;
        }
      }),
    );
  }

  function producer(overrides: ProduceOverrides): object {
    const send = single(overrides);
    const made = methods(contract, async (event, args) => {
      const one = sending(event, args, overrides, send);
      if (direct) one.published = await send(one);
      else await run(one);
      return receipt(one);
    });
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
