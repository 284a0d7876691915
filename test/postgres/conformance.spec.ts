import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Channel } from 'nest-event-backbone/core';
import { postgresChannel, type PostgresChannelOptions } from 'nest-event-backbone/postgres';
import { channelConformance } from 'nest-event-backbone/testing';

const url = inject('postgresUrl');

// What is looked for now and then must come before a promise has waited enough.
const ways: readonly (readonly [string, Partial<PostgresChannelOptions>])[] = [
  ['', { table: 'sampling' }],
  [' in serial order without notifications', { table: 'serial', ordering: 'serial', notify: 'off', pollMs: 20 }],
];

// Without a server the global set-up says why there is none.
describe.skipIf(url === '').for(ways)('the PostgreSQL channel%s keeps its promises:', ([, options]) => {
  const open = () => postgresChannel({ url, ...options });
  let channel: Channel;
  beforeAll(() => void (channel = open()));
  afterAll(() => channel.close());

  it.for(channelConformance.map((each) => [each.name, each] as const))(
    '%s',
    async ([, { requires, needs, run }], { skip }) => {
      skip(!requires.every((each) => channel.supports[each]), `not supported: ${requires.join(' and ')}`);
      skip(needs !== undefined, `needs what is not here: ${needs ?? ''}`);
      await expect(run({ channel, open: () => Promise.resolve(open()) })).resolves.toBeUndefined();
    },
  );
});
