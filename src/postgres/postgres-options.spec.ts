import { describe, expect, it } from 'vitest';
import { postgresSettings, type PostgresChannelOptions } from './postgres-options.js';
import { tableNames } from './table-names.js';

const url = 'postgres://user:canary@localhost/db';

describe('the options', () => {
  it('are filled in', () => {
    expect(postgresSettings({ url })).toMatchObject({
      ordering: 'sampling',
      notify: 'throttled',
      slots: 16,
      pollMs: 1_000,
    });
    expect(postgresSettings({ url, notify: 'off' }).pollMs).toBe(100);
    expect(postgresSettings({ url, publishTimeoutMs: 200 }).queryTimeoutMs).toBe(200);
  });

  it.for<readonly [string, object]>([
    ['no way to connect', {}],
    ['two ways to connect', { url, options: {} }],
    ['an option that does not exist', { url, tabel: 'x' }],
    ['a url of something else', { url: 'redis://user:canary@localhost' }],
    ['an ordering that does not exist', { url, ordering: 'strict' }],
    ['a notification that does not exist', { url, notify: 'always' }],
    ['too many slots', { url, slots: 257 }],
    ['no time', { url, leaseMs: 0 }],
    ['TLS without verification', { options: { ssl: { rejectUnauthorized: false } } }],
    ['TLS without verification in the url', { url: `${url}?sslmode=no-verify` }],
  ])('are refused: %s', ([, options]) => {
    expect(() => postgresSettings(options as PostgresChannelOptions)).toThrow(/^EB_OPTIONS: (?!.*canary)/);
  });

  it('name tables that no other channel uses', () => {
    const names = [tableNames(), tableNames({ schema: 'other' }), tableNames({ table: 'other' })];
    for (const name of ['events', 'lock', 'eventsSignal'] as const) {
      expect(new Set(names.map((each) => each[name])).size).toBe(3);
    }
    expect(names[0]?.events).toBe('"public"."eb_events"');
    for (const table of ['', '1x', 'a"b', 'a.b', 'x'.repeat(49)])
      expect(() => tableNames({ table })).toThrow('EB_OPTIONS');
  });
});
