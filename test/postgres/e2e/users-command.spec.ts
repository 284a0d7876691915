import { postgresChannel } from 'nest-event-backbone/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildWhatIsMissing } from '../../../tools/demo/build-what-is-missing.mjs';
import { makeDatabases } from '../../../tools/demo-users/make-databases.mjs';
import { runApp, type Ended, type Models } from '../../../tools/demo-users/run-app.mjs';

const url = inject('postgresUrl');
const ID = '3f0c1a52-9d1e-4b7a-8c55-0e2f6d7b9a10';

describe.skipIf(url === '')('users-command', { timeout: 60_000 }, () => {
  let models: Models;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    await buildWhatIsMissing((line) => console.log(line));
    ({ models, drop } = await makeDatabases(url));
  }, 180_000);

  afterAll(() => drop(), 180_000);

  const run = (args: readonly string[], env: Partial<Models> = {}): Promise<Ended> =>
    runApp('users-command', args, { ...models, ...env });

  async function stored(): Promise<readonly (string | undefined)[]> {
    const channel = postgresChannel({ url: models.WRITE_MODEL_URL });
    const types: (string | undefined)[] = [];
    try {
      const stream = { environment: 'default', contract: 'users' };
      for await (const events of channel.read({ stream, fields: [] })) {
        types.push(...events.map(({ message }) => message?.type));
      }
    } finally {
      await channel.close();
    }
    return types;
  }

  async function added(name: string): Promise<string> {
    const { code, stdout } = await run(['-e', 'add', '-n', name]);
    expect(code).toBe(0);
    const id = /^userAdded (\S{36}) at position \d+\n$/.exec(stdout)?.[1];
    if (id === undefined) throw new Error(`no id in: ${stdout}`);
    return id;
  }

  it.each([
    ['no event', [], /--eventname is missing/],
    ['an unknown event', ['-e', 'rename'], /--eventname must be add, edit or delete/],
    ['no name', ['-e', 'add'], /add needs --username/],
    ['an empty name', ['-e', 'add', '-n', ''], /the name is empty/],
    ['a name of 101 characters', ['-e', 'add', '-n', 'x'.repeat(101)], /at most 100 characters/],
    ['an id to add', ['-e', 'add', '-n', 'Ann', '-i', ID], /leave out --id/],
    ['no id to edit', ['-e', 'edit', '-n', 'Ann'], /edit needs --id/],
    ['no name to edit', ['-e', 'edit', '-i', ID], /edit needs --username/],
    ['a malformed id', ['-e', 'delete', '-i', '12345'], /the id is not a UUID/],
    ['an id that nobody has', ['-e', 'edit', '-i', ID, '-n', 'Ann'], /there is no user with this id/],
    ['a name to delete', ['-e', 'delete', '-i', ID, '-n', 'Ann'], /leave out --username/],
    ['an unknown option', ['-e', 'add', '--nonsense'], /unknown option/],
    ['a word too many', ['-e', 'add', '-n', 'Ann', 'Lee'], /too many arguments/],
  ])('refuses %s in one line, ends with 2, and stores nothing', async (_, args, line) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['a server', 'postgres://nobody@127.0.0.1:1/none'],
    ['a URL', ''],
    ['a URL that can be used', 'postgres//me:secret@host'],
    ['a URL that can be read', 'postgres://me:secret@ho st:99999999/none'],
  ])('says what it can do, and which version it is, without %s', async (_, url) => {
    const nowhere = { WRITE_MODEL_URL: url };
    const [help, version] = await Promise.all([run(['help'], nowhere), run(['version'], nowhere)]);
    expect([help.code, version.code]).toEqual([0, 0]);
    expect(help.stdout).toContain('--eventname');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  it('names a URL that cannot be used without showing it', async () => {
    const { code, stderr } = await run(['-e', 'add', '-n', 'Ann'], { WRITE_MODEL_URL: 'postgres//me:secret@host' });
    expect(code).toBe(1);
    expect(stderr).toContain('WRITE_MODEL_URL must be');
    expect(stderr).not.toContain('secret');
  });

  it('lets nobody edit or delete a user that was deleted', async () => {
    const id = await added('Ben');
    expect(await run(['-e', 'delete', '-i', id.toUpperCase()])).toMatchObject({ code: 0 });
    const before = await stored();

    const again = await Promise.all([run(['-e', 'edit', '-i', id, '-n', 'Benny']), run(['-e', 'delete', '-i', id])]);
    expect(again.map(({ code }) => code)).toEqual([2, 2]);
    expect(again.map(({ stderr }) => stderr)).toEqual(Array(2).fill(expect.stringContaining('was deleted')));
    expect(await stored()).toEqual(before);
  });

  it('stores one of two edits that were decided on the same view, and says so to the other', async () => {
    const id = await added('Cleo');
    const before = await stored();
    const holder = new pg.Client({ connectionString: models.WRITE_MODEL_URL });
    holder.on('error', () => undefined);
    await holder.connect();
    // Whoever reads can go on, whoever appends must wait: so both have read before one of them appends.
    await holder.query('BEGIN; LOCK TABLE eb_events IN SHARE ROW EXCLUSIVE MODE');
    const edits = ['Clio', 'Cleopatra'].map((name) => run(['-e', 'edit', '-i', id, '-n', name]));
    try {
      const waiting = `SELECT count(DISTINCT pid)::int AS n FROM pg_locks
        WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      await vi.waitFor(
        async () => {
          expect((await holder.query<{ n: number }>(waiting)).rows[0]?.n).toBe(2);
        },
        { timeout: 20_000, interval: 20 },
      );
    } finally {
      await holder.query('COMMIT');
      await holder.end();
    }

    const ended = await Promise.all(edits);
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 3]);
    expect(ended.find(({ code }) => code === 3)?.stderr).toContain('somebody else changed the user at the same time');
    expect(await stored()).toEqual([...before, 'userEdited.v1']);
  });
});
