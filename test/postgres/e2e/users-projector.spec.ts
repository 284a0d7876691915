import { createProducer } from 'nest-event-backbone/core';
import { postgresChannel, type PostgresChannel } from 'nest-event-backbone/postgres';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { UserId, UserName, Users } from '#contracts';
import { buildWhatIsMissing } from '../../../tools/demo/build-what-is-missing.mjs';
import { makeDatabases } from '../../../tools/demo-users/make-databases.mjs';
import { readRows } from '../../../tools/demo-users/read-rows.mjs';
import { runApp, startApp, type Ended, type Models, type Running } from '../../../tools/demo-users/run-app.mjs';

const url = inject('postgresUrl');
const KILLS = 5;
const EVENTS = 500;

describe.skipIf(url === '')('users-projector', { timeout: 120_000 }, () => {
  let models: Models;
  let drop: () => Promise<void>;
  let channel: PostgresChannel;
  const running: Running[] = [];

  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  beforeEach(async () => {
    ({ models, drop } = await makeDatabases(url));
    channel = postgresChannel({ url: models.WRITE_MODEL_URL });
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.kill('SIGKILL')));
    await channel.close();
    await drop();
  }, 180_000);

  const run = (...args: string[]): Promise<Ended> => runApp('users-projector', args, models);

  function subscribed(): Running {
    const one = startApp('users-projector', ['subscription'], models);
    running.push(one);
    return one;
  }

  const rows = () => readRows(models.READ_MODEL_URL);
  const names = async () => (await rows()).map(({ name }) => name);
  const projected = async () => (await rows()).reduce((sum, { version }) => sum + version, 0);
  const users = () => createProducer(Users, { channel, environment: 'default', source: 'test' });

  async function until(check: () => Promise<void>): Promise<void> {
    await vi.waitFor(check, { timeout: 30_000, interval: 20 });
  }

  it('follows what is added, edited and deleted, and goes on where it was when it is started again', async () => {
    const [ann, ben] = [UserId.random(), UserId.random()];
    const first = subscribed();
    await users().userAdded(ann, new UserName('Ann'));
    await users().userAdded(ben, new UserName('Ben'));
    await users().userEdited(ann, new UserName('Anna'));
    await until(async () => expect(await names()).toEqual(['Anna', 'Ben']));

    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
    await users().userDeleted(ben);
    expect(await names()).toEqual(['Anna', 'Ben']);

    subscribed();
    await until(async () => expect(await names()).toEqual(['Anna']));
    expect(await rows()).toMatchObject([{ id: ann.value, version: 2 }]);
  });

  it(`killed ${KILLS} times during ${EVENTS} events leaves the table that a fresh rebuild makes`, async () => {
    const ids = Array.from({ length: 7 }, () => UserId.random());
    for (const [i, id] of ids.entries()) await users().userAdded(id, new UserName(`user ${i}`));
    let appended = ids.length;
    const append = async (): Promise<void> => {
      for (; appended < EVENTS; appended += 1) {
        const id = ids[appended % ids.length] as UserId;
        await users().userEdited(id, new UserName(`name ${appended}`));
      }
    };

    const appending = append();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = await projected();
      const one = subscribed();
      // At least one transaction of each is whole; where in the next one it dies is left to chance.
      await until(async () => expect((await projected()) > before || before === EVENTS).toBe(true));
      expect(await one.kill('SIGKILL')).toMatchObject({ code: null });
    }
    await appending;
    subscribed();
    await until(async () => expect(await projected()).toBe(EVENTS));
    const followed = await rows();
    await Promise.all(running.splice(0).map((one) => one.kill('SIGTERM')));

    const { code, stdout } = await run('init', '--fresh');
    expect(code).toBe(0);
    expect(stdout).toContain(`replayed ${EVENTS} events`);
    expect(await rows()).toEqual(followed);
  });

  it('ends with 3 when another one has put a new table in the place of its own', async () => {
    await users().userAdded(UserId.random(), new UserName('Ann'));
    const old = subscribed();
    await until(async () => expect(await names()).toEqual(['Ann']));

    expect(await run('init', '--swap')).toMatchObject({ code: 0 });
    await users().userAdded(UserId.random(), new UserName('Ben'));
    const { code, stderr } = await old.ended;
    expect(code).toBe(3);
    expect(stderr).toContain('somebody else');
    expect(await names()).toEqual(['Ann']);

    subscribed();
    await until(async () => expect(await names()).toEqual(['Ann', 'Ben']));
  });

  it('waits for a server that is away, and says so once', async () => {
    const nowhere = { ...models, READ_MODEL_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const waiting = startApp('users-projector', ['subscription'], nowhere);
    running.push(waiting);
    await until(async () => expect(waiting.lines.join('\n')).toContain('waiting'));
    expect(await waiting.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(waiting.lines.filter((line) => line.includes('waiting'))).toHaveLength(1);
  });

  it('says what it can do without a URL that can be used, and refuses it without showing it as soon as it needs one', async () => {
    const unusable = { ...models, READ_MODEL_URL: 'postgres//me:secret@host' };
    const ended = await Promise.all(
      ['help', 'version', 'init', 'subscription'].map((command) => runApp('users-projector', [command], unusable)),
    );
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 1, 1]);
    for (const { stderr } of ended.slice(2)) {
      expect(stderr).toContain('READ_MODEL_URL must be');
      expect(stderr).not.toContain('secret');
    }
  });

  it.each([[[]], [['nonsense']], [['init', '--nonsense']], [['subscription', 'more']]])(
    'refuses what it does not know with 2: %j',
    async (args) => {
      expect(await run(...args)).toMatchObject({ code: 2, stdout: '' });
      expect(await rows()).toEqual([]);
    },
  );
});
