import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel, Published } from './channel.js';
import type { ReadEvent } from './delivery.js';
import { BackboneError } from './errors.js';
import type { FieldTransform } from './field-transform.js';
import { DEFAULT_CONTENT_TYPE, type Message } from './message.js';
import { transformedChannel } from './transformed-channel.js';

const stream = { environment: 'test', contract: 'orders' };
const unchanged: FieldTransform = { outward: (_, messages) => messages, inward: (_, messages) => messages };

function message(id: string, fields: Message['fields'] = { order: id }): Message {
  return {
    ...{ id, source: 'shop', type: 'paid.v1', time: 1_000, key: 'key', correlationId: id, fields },
    ...{ contentType: DEFAULT_CONTENT_TYPE, headers: {}, personal: Object.keys(fields) },
  };
}

async function events(channel: Channel, fields?: readonly string[]): Promise<readonly ReadEvent[]> {
  const found: ReadEvent[] = [];
  for await (const batch of channel.read({ stream, ...(fields && { fields }) })) found.push(...batch);
  return found;
}

const orders = async (channel: Channel) => (await events(channel)).map((event) => event.message?.fields['order']);
const ids = async (channel: Channel) => (await events(channel)).map((event) => event.message?.id);

/** Puts a letter at the end of a field, and takes it away again. */
function lettered(letter: string): FieldTransform {
  const changed = (messages: readonly Message[], change: (text: string) => string) =>
    Promise.resolve(messages.map((each) => ({ ...each, fields: { order: change(each.fields['order'] as string) } })));
  return {
    outward: (_, messages) => changed(messages, (text) => text + letter),
    inward: (_, messages) =>
      changed(messages, (text) => {
        expect(text.at(-1)).toBe(letter);
        return text.slice(0, -1);
      }),
  };
}

/** Holds the first append back until it is told to go on. */
function slow() {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let calls = 0;
  const transform: FieldTransform = {
    ...unchanged,
    outward: (_, messages) => {
      calls += 1;
      return calls === 1 ? held.then(() => messages) : messages;
    },
  };
  return { transform, goOn: () => goOn(), calls: () => calls };
}

describe('an append to a transformed channel', () => {
  it('goes through the transforms in their order, and a read through the reverse', async () => {
    const memory = memoryChannel();
    const channel = transformedChannel(memory, [lettered('a'), lettered('b'), lettered('c')]);
    const first = message('1');
    await channel.publish(stream, [first, message('2')]);
    expect(await orders(memory)).toEqual(['1abc', '2abc']);
    expect(await orders(channel)).toEqual(['1', '2']);
    expect(first.fields).toEqual({ order: '1' });
  });

  it('does not pass one that was called before it', async () => {
    const memory = memoryChannel();
    const { transform, goOn, calls } = slow();
    const channel = transformedChannel(memory, [transform]);
    const appends = ['1', '2', '3'].map((id) => channel.publish(stream, [message(id)]));
    const other = await channel.publish({ ...stream, contract: 'others' }, [message('4')]);
    expect([calls(), other.length, await ids(memory)]).toEqual([4, 1, []]);
    goOn();
    await Promise.all(appends);
    expect(await ids(memory)).toEqual(['1', '2', '3']);
  });

  it('passes it where each is sent when it is ready', async () => {
    const memory = memoryChannel();
    const { transform, goOn } = slow();
    const publish = async (each: Message): Promise<readonly Published[]> =>
      memory.publish(stream, await transform.outward(stream, [each]));
    const appends = ['1', '2', '3'].map((id) => publish(message(id)));
    await appends[2];
    goOn();
    await Promise.all(appends);
    expect(await ids(memory)).toEqual(['2', '3', '1']);
  });

  it('is sent before the call returns where nothing is to be done', async () => {
    const memory = memoryChannel();
    const channel = transformedChannel(memory, [unchanged, unchanged]);
    const append = channel.publish(stream, [message('1')]);
    const before = await memory.publish(stream, [message('2')]);
    expect(await append).toEqual([{ position: { partition: 0, id: '1' }, duplicate: false }]);
    expect(before[0]?.position.id).toBe('2');
  });

  it.each([
    ['rejects', () => Promise.reject(new BackboneError('EB_NOT_STORED', 'away'))],
    [
      'throws',
      () => {
        throw new BackboneError('EB_NOT_STORED', 'away');
      },
    ],
  ])('is not stored when a transform %s, and the next one is', async (_, fail) => {
    const memory = memoryChannel();
    let failures = 1;
    const outward: FieldTransform['outward'] = (_stream, messages) => (failures-- > 0 ? fail() : messages);
    const channel = transformedChannel(memory, [{ ...unchanged, outward }]);
    const appends = await Promise.allSettled(['1', '2'].map((id) => channel.publish(stream, [message(id)])));
    expect(appends).toMatchObject([{ reason: { code: 'EB_NOT_STORED' } }, { status: 'fulfilled' }]);
    expect(await ids(memory)).toEqual(['2']);
  });

  it('asks no transform once the channel is closed', async () => {
    const { transform, calls } = slow();
    const channel = transformedChannel(memoryChannel(), [transform]);
    await channel.close();
    await expect(channel.publish(stream, [message('1')])).rejects.toMatchObject({ code: 'EB_CLOSED' });
    expect(calls()).toBe(0);
  });
});

describe('an operator of a transformed channel', () => {
  const erasing = (kept: string[]): FieldTransform => ({
    ...unchanged,
    erase: (_, { ids: asked }) => Promise.resolve(asked.filter((id) => kept.includes(id))),
  });

  it('counts an event once, wherever it has something to erase', async () => {
    const memory = memoryChannel();
    const channel = transformedChannel(memory, [erasing(['1', '2', 'elsewhere']), unchanged, erasing(['2'])]);
    await channel.publish(
      stream,
      ['1', '2', '3', '4'].map((id) => message(id)),
    );
    expect(await channel.admin.erase(stream, ['1', '2', '3', 'unknown', 'elsewhere'])).toBe(4);
    expect((await events(channel)).map((event) => event.message?.erased)).toEqual([
      ['order'],
      ['order'],
      ['order'],
      undefined,
    ]);
    expect(await channel.admin.erase(stream, [])).toBe(0);
  });

  it('erases what transforms keep of a channel that cannot erase, and is refused where none keeps anything', async () => {
    const memory = memoryChannel();
    const unable: Channel = {
      ...{ supports: { ...memory.supports, erase: false } },
      ...{
        publish: memory.publish.bind(memory),
        subscribe: memory.subscribe.bind(memory),
        read: memory.read.bind(memory),
      },
      admin: Object.assign(Object.create(memory.admin) as Channel['admin'], {
        erase: () => Promise.reject(new BackboneError('EB_UNSUPPORTED', 'no')),
      }),
      close: () => memory.close(),
    };
    const able = transformedChannel(unable, [unchanged, erasing(['1'])]);
    expect(await able.admin.erase(stream, ['1', '2'])).toBe(1);
    const refused = transformedChannel(unable, [unchanged]).admin.erase(stream, ['1']);
    await expect(refused).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
  });

  it('is shown a dead letter as it was published', async () => {
    const memory = memoryChannel();
    const channel = transformedChannel(memory, [lettered('a')]);
    await channel.publish(stream, [message('1')]);
    const subscription = channel.subscribe({ stream, group: 'group' });
    for await (const { deliveries } of subscription) {
      const deadLetter = { kind: 'failed', code: 'Error', error: 'no', attempts: 1 } as const;
      await subscription.settle(deliveries.map((delivery) => ({ delivery, deadLetter })));
      break;
    }
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    const shown = await channel.admin.deadLetters.show(stream, 'group', letter?.id ?? '');
    expect(shown?.event?.message?.fields).toEqual({ order: '1' });
    await channel.close();
  });
});
