import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { NO_HEADERS, type Message } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';
import { storedMessages } from './stored-messages.js';

const SHIPMENTS = { environment: 'prod', contract: 'shipment-tracking' };
const SCANS = { environment: 'prod', contract: 'scans' };
const HEARTBEATS = { environment: 'prod', contract: 'heartbeats' };

const orderPlaced: Message = {
  id: '0198f3a2-7c1e-7000-8000-0000000000a1',
  source: 'order',
  type: 'orderPlaced.v1',
  time: Date.UTC(2026, 10, 22, 12),
  key: 'customer-7',
  correlationId: '0198f3a2-7c1e-7000-8000-0000000000a0',
  causationId: '0198f3a2-7c1e-7000-8000-0000000000a0',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
  contentType: 'application/json',
  headers: { tenant: 'blue' },
  fields: {
    user: '{"email":"ada@example.com"}',
    product: '{"id":42,"price":{"$bigint":"9007199254740993"}}',
    time: '"2026-11-22T12:00:00.000Z"',
    label: Buffer.from('PNG bytes'),
  },
  personal: ['user'],
};
const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: the printer is on fire', attempts: 3 } as const;

describe.skipIf(redisUrl === '')('docs/wire-format.md', () => {
  /** The examples in their order: each is a command, and for most what the server answers. */
  let examples: readonly Example[];
  let page: string;
  beforeAll(async () => {
    page = await readFile(new URL('../../docs/wire-format.md', import.meta.url), 'utf8');
    examples = examplesOf(page);
  });

  it('says what the channel writes', async () => {
    const { url } = await startServer();
    const client = openClient(url);
    const channel = openChannel({ url });
    const beat = sampleMessage({ id: 'beat-1', source: 'clock', type: 'beat.v1', time: orderPlaced.time, fields: {} });
    const shown: Example[] = [];
    const show = async (command: string, names: Readonly<Record<string, string>>) =>
      void shown.push([command, await answerOf(client, command, names)]);

    const [placed] = await channel.publish(SHIPMENTS, [orderPlaced]);
    const [beaten] = await channel.publish(HEARTBEATS, [beat]);
    const POSITION = placed?.position.id ?? '';
    const [events, beats] = ['eb:{prod:shipment-tracking:0}', 'eb:{prod:heartbeats:0}'];
    await show(`XRANGE ${events}:stream - +`, { POSITION });
    await show(`HGETALL ${events}:event:${orderPlaced.id}`, { POSITION });
    await show(`HGETALL ${events}:personal:${orderPlaced.id}`, {});
    await show(`XRANGE ${beats}:stream - +`, { POSITION: beaten?.position.id ?? '' });
    await show(`HGETALL ${beats}:event:beat-1`, { POSITION: beaten?.position.id ?? '' });
    const image = { store: 'archive', size: 5_242_880 };
    const [scanned] = await channel.publish(SCANS, [sampleMessage({ id: 'scan-1', fields: { image } })]);
    await show('HGETALL eb:{prod:scans:0}:event:scan-1', { POSITION: scanned?.position.id ?? '' });

    const types = [orderPlaced.type];
    const collector = new Collector(channel, SHIPMENTS, { group: 'transit', holds: true, types });
    const [delivery] = await collector.until(1);
    if (!delivery) throw new Error('nothing was delivered');
    for (const what of ['failure', 'failure', 'start'] as const) await collector.subscription.record([delivery], what);
    const past = `HGETALL ${events}:past:transit`;
    const remembered: Example = [past, await answerOf(client, past, { POSITION })];
    await collector.subscription.settle([{ delivery, deadLetter, park: true }]);
    const HEARD = (await client.hget(`${events}:types:transit`, orderPlaced.type)) ?? '';
    expect(await client.xinfo('GROUPS', `${events}:stream`)).toMatchObject([expect.arrayContaining(['transit~0'])]);
    await show(`HGETALL ${events}:group:transit`, { POSITION });
    shown.push(remembered);
    await show(`HGETALL ${events}:types:transit`, { HEARD });
    const [letter] = await channel.admin.deadLetters.list(SHIPMENTS, 'transit');
    const LETTER = letter?.id.slice('0:'.length) ?? '';
    await show(`XRANGE ${events}:dead:transit - +`, { POSITION, LETTER });
    await show(`HGETALL ${events}:pins:transit`, { POSITION, LETTER });
    await show(`HGETALL ${events}:parked:transit`, {});
    await channel.admin.erase(SHIPMENTS, [orderPlaced.id]);
    await show(`HGETALL ${events}:personal:${orderPlaced.id}`, {});
    expect(shown).toEqual(examples.filter(([command]) => /^(XRANGE|HGETALL)/.test(command)));
    expect(await client.keys('*')).toHaveLength(12);
  });

  it('says what the channel reads', async () => {
    const { url } = await startServer();
    const client = openClient(url);
    expect(await writeByHand(client, examples)).toBe(3);
    const [json = ''] = /(?<=```json\n).*?(?=```)/s.exec(page) ?? [];
    const [message] = await storedMessages(HEARTBEATS, { url });
    expect({ ...message, fields: { ...message?.fields }, headers: { ...message?.headers } }).toEqual(JSON.parse(json));
    expect(message?.headers).toBe(NO_HEADERS);
  });

  it('says how an event is known to be stored already, whoever stored it', async () => {
    const { url } = await startServer();
    const client = openClient(url);
    await writeByHand(client, examples);
    expect(await openChannel({ url }).publish(HEARTBEATS, [sampleMessage({ id: 'hand-written' })])).toEqual([
      { position: { partition: 0, id: '1795348800000-0' }, duplicate: true },
    ]);
  });
});

/** A command and the lines of its answer. */
type Example = readonly [command: string, answer: string];

/** What stands in a page's blocks of text. */
function examplesOf(page: string): readonly Example[] {
  const blocks = page.match(/(?<=```text\n).*?(?=```)/gs) ?? [];
  return blocks
    .flatMap((block) => block.split(/^> /m).slice(1))
    .map((part): Example => {
      const [command = '', ...answer] = part.trimEnd().split('\n');
      return [command, answer.join('\n')];
    });
}

/** Runs the commands that write, as another program would; returns how many there were. */
async function writeByHand(client: Redis, examples: readonly Example[]): Promise<number> {
  const commands = examples.map(([command]) => command).filter((command) => /^(HSET|XADD)/.test(command));
  for (const command of commands) await client.call(...wordsOf(command));
  return commands.length;
}

/** Splits a command: key names and ids hold no space, the rest is field names and values in turn. */
function wordsOf(command: string): [string, ...string[]] {
  const [name = '', key = '', ...rest] = command.split(' ');
  if (name === 'XADD') return [name, key, ...rest.slice(0, 2), rest.slice(2).join(' ')];
  const fields = rest.join(' ').match(/\$position \S+|\w+ "[^"]*"/g) ?? [];
  return [
    name,
    key,
    ...fields.flatMap((field) => [field.slice(0, field.indexOf(' ')), field.slice(field.indexOf(' ') + 1)]),
  ];
}

async function answerOf(client: Redis, command: string, names: Readonly<Record<string, string>>): Promise<string> {
  const [name = '', key = ''] = command.split(' ');
  const lines =
    name === 'HGETALL'
      ? Object.entries(await client.hgetall(key)).map(([field, value]) => `${field} ${value}`.trimEnd())
      : (await client.xrange(key, '-', '+')).flatMap(([id, fields]) => [id, ...pairsOf(fields)]);
  let text = lines.join('\n');
  for (const [placeholder, value] of Object.entries(names)) text = text.replaceAll(value, placeholder);
  return text;
}

function pairsOf(fields: readonly string[]): readonly string[] {
  return fields.flatMap((name, i) => (i % 2 === 0 ? [`  ${name} ${fields[i + 1] ?? ''}`] : []));
}
