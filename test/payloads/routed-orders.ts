import {
  BackboneError,
  ContractEvent,
  DEFAULT_CONTENT_TYPE,
  describeContract,
  EventsContract,
  Field,
  Personal,
  Stored,
  transformedChannel,
  type Channel,
  type Message,
  type PayloadKey,
  type PayloadStore,
  type ReadEvent,
} from 'nest-event-backbone/core';
import { payloadRouting, type PayloadRoute, type PayloadRoutingOptions } from 'nest-event-backbone';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';

/** A contract, one of whose arguments says itself where it is kept. */
@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Personal() user: string, plan: string, note: string) {
    return { user, plan, note };
  }

  @ContractEvent({ version: 2 })
  paid(@Stored({ in: 'files', aboveBytes: 4 }) plan: string, note: string) {
    return { plan, note };
  }

  @ContractEvent()
  packed(
    @Field({
      segments: {
        split: (user: { name: string; city: string }) => ({ public: user.city, contact: user.name }),
        join: ({ public: city = '', contact: name = '' }) => ({ city, name }),
        personal: ['contact'],
      },
    })
    user: object,
  ) {
    return { user };
  }
}

export const contract = describeContract(Orders);
/** The stream of the contract. */
export const stream = { environment: 'test', contract: 'orders' };

/** A message of the contract, `placed.v1` unless it says otherwise. */
export function message(id: string, fields: Message['fields'], like: Partial<Message> = {}): Message {
  return {
    ...{ id, source: 'shop', type: 'placed.v1', time: 1_000, key: 'key', correlationId: id, fields },
    ...{ contentType: DEFAULT_CONTENT_TYPE, headers: {}, personal: ['user'] },
    ...like,
  };
}

/** A store that writes down what it was asked for, and fails where it is told to. */
export class WatchedStore implements PayloadStore {
  readonly asked: string[] = [];
  readonly put_: string[] = [];
  fails = false;
  readonly #store: PayloadStore;

  constructor(now?: () => number) {
    this.#store = memoryPayloadStore(now && { now });
  }

  async put(...[entries, options]: Parameters<PayloadStore['put']>): Promise<void> {
    if (this.fails) throw new Error('connect ECONNREFUSED');
    this.put_.push(...entries.map(({ field }) => `${field}${options?.ttlMs === undefined ? '' : ` ${options.ttlMs}`}`));
    await this.#store.put(entries, options);
  }

  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (this.fails) throw new Error('connect ECONNREFUSED');
    this.asked.push(keys.map(({ eventId, field }) => `${eventId}.${field}`).join(' '));
    return this.#store.get(keys);
  }

  erase(keys: readonly PayloadKey[]): Promise<number> {
    return this.#store.erase(keys);
  }

  list(eventId: string): Promise<readonly PayloadKey[]> {
    return this.#store.list(eventId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** A memory channel whose fields are routed, the one inside, and the stores with a clock of their own. */
export function opened(routes: readonly PayloadRoute[], like: Partial<PayloadRoutingOptions> = {}) {
  let time = 0;
  const now = () => time;
  const stores = { files: new WatchedStore(now), cache: new WatchedStore(now), archive: new WatchedStore(now) };
  const memory = memoryChannel();
  const channel = transformedChannel(memory, [payloadRouting({ stores, routes, contracts: [contract], ...like })]);
  const pass = (ms: number) => void (time += ms);
  return { memory, channel, pass, ...stores };
}

/** Everything that a reader gets. */
export async function read(channel: Channel, fields?: readonly string[]): Promise<readonly ReadEvent[]> {
  const found: ReadEvent[] = [];
  for await (const batch of channel.read({ stream, ...(fields && { fields }) })) found.push(...batch);
  return found;
}

/** The fields of each event as text; references as they are. */
export async function fieldsIn(channel: Channel, fields?: readonly string[]) {
  return (await read(channel, fields)).map(({ message: of }) =>
    Object.fromEntries(
      Object.entries(of?.fields ?? {}).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? Buffer.from(value).toString() : value,
      ]),
    ),
  );
}

/** The error of the library that a call rejects with. */
export const code = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof BackboneError ? error : undefined;
};
