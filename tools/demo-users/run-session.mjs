import { randomUUID } from 'node:crypto';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { until } from '../demo/until.mjs';
import { closingTable } from './closing-table.mjs';
import { compareModels } from './compare-models.mjs';
import { foldUsers } from './fold-users.mjs';
import { readRows } from './read-rows.mjs';
import { say, sayBad, sayGood, sayTitle, showCommand } from './screen.mjs';
import { Session } from './session.mjs';

const BURST = 300;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/**
 * Plays the whole story with programs of their own, and compares the models at its end.
 *
 * @param {import('./run-app.mjs').Models} models
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether both models agree and every program ended as it should
 */
export async function runSession(models, signal) {
  const channel = postgresChannel({ url: models.WRITE_MODEL_URL });
  const session = new Session(models, channel, signal);
  try {
    const cast = await addUsers(session);
    await changeUsers(session, cast);
    await refuseBadInput(session, cast);
    await stopAndKillProjector(session, cast);
    await makeAnew(session);
    return await agree(session);
  } finally {
    await session.projector?.kill('SIGKILL');
    await channel.close();
  }
}

/** @typedef {Readonly<Record<'Ann' | 'Ben' | 'Cleo' | 'Dan', string>>} Cast the ids of the users */

/** @param {Session} session @returns {Promise<Cast>} */
async function addUsers(session) {
  sayTitle('Users are added; the projector follows');
  session.subscribe();
  const names = /** @type {const} */ (['Ann', 'Ben', 'Cleo', 'Dan']);
  const cast = /** @type {Record<string, string>} */ ({});
  await Promise.all(
    names.map(async (name) => {
      const { stdout } = await session.type(['-e', 'add', '-n', name]);
      cast[name] = UUID.exec(stdout)?.[0] ?? '';
    }),
  );
  await session.caughtUp();
  return /** @type {Cast} */ (cast);
}

/** @param {Session} session @param {Cast} cast */
async function changeUsers(session, cast) {
  sayTitle('One is edited, one deleted, and one edited twice at once');
  await Promise.all([
    session.type(['-e', 'edit', '-i', cast.Ann, '-n', 'Anna']),
    session.type(['-e', 'delete', '-i', cast.Ben]),
  ]);
  const twice = ['Cleopatra', 'Clio'].map((name) => session.run(['-e', 'edit', '-i', cast.Cleo, '-n', name]));
  const ended = await Promise.all(twice);
  ended.forEach(showCommand);
  const stored = ended.filter(({ code }) => code === 0).length;
  session.check(stored >= 1 && ended.every(({ code }) => code === 0 || code === 3), 'one of two edits is stored');
  if (stored === 1) say('Both read the same version; the second append found another one and stored nothing.');
  else say('This time the second one read what the first one had stored.');
  await session.caughtUp();
}

/** @param {Session} session @param {Cast} cast */
async function refuseBadInput(session, cast) {
  sayTitle('What cannot be is refused, and stores nothing');
  const before = (await foldUsers(session.channel)).events;
  const tries = [
    ['-e', 'add', '-n', '   '],
    ['-e', 'edit', '-n', 'Nobody'],
    ['-e', 'edit', '-i', '12345', '-n', 'Nobody'],
    ['-e', 'delete', '-i', randomUUID()],
    ['-e', 'edit', '-i', cast.Ben, '-n', 'Benjamin'],
  ];
  const ended = await Promise.all(tries.map((args) => session.run(args)));
  ended.forEach(showCommand);
  session.check(
    ended.every(({ code }) => code === 2),
    'bad input ends with exit code 2',
  );
  session.check((await foldUsers(session.channel)).events === before, 'bad input stores nothing');
}

/** @param {Session} session @param {Cast} cast */
async function stopAndKillProjector(session, cast) {
  sayTitle('The projector is stopped; it goes on where it was');
  session.check((await session.end('SIGTERM')).code === 0, 'a projector that is asked to end ends with 0');
  say('projector stopped (SIGTERM)');
  await Promise.all([
    session.type(['-e', 'add', '-n', 'Eve']),
    session.type(['-e', 'edit', '-i', cast.Dan, '-n', 'Daniel']),
  ]);
  say(`the read model has not heard of it: ${await session.differences()} users differ`);
  session.subscribe();
  await session.caughtUp();

  sayTitle(`The projector is killed in the middle of ${BURST} edits`);
  const before = await session.projected();
  const appended = session.edit([cast.Ann, cast.Cleo, cast.Dan], BURST);
  const isUnderWay = async () => ((await session.projected()) > before + BURST / 5 ? true : undefined);
  const what = () => 'the projector does not move';
  await until(isUnderWay, { timeoutMs: 20_000, everyMs: 5, signal: session.signal, what });
  await session.end('SIGKILL');
  await appended;
  const done = (await session.projected()) - before;
  say(`projector killed (SIGKILL); ${done} of ${BURST} edits are in the read model`);
  session.subscribe();
  await session.caughtUp();
}

/** @param {Session} session */
async function makeAnew(session) {
  sayTitle('The read model is made anew from the events');
  await session.end('SIGTERM');
  await session.project(['init']);
  session.subscribe();
  await session.caughtUp();
  await session.project(['init', '--swap']);
  say('Nobody has seen a half-made table. The projector of the old one finds out with its next event:');
  const old = session.projector;
  await session.type(['-e', 'add', '-n', 'Fay']);
  const hung = setTimeout(() => void old?.kill('SIGKILL'), 15_000);
  const replaced = await old?.ended;
  clearTimeout(hung);
  session.check(replaced?.code === 3, 'the projector of the old table ends with 3');
  say(`projector ended with exit code ${replaced?.code}; whoever watches over it starts it again`);
  session.subscribe();
  await session.caughtUp();
  session.check((await session.end('SIGTERM')).code === 0, 'a projector that is asked to end ends with 0');
}

/** @param {Session} session */
async function agree(session) {
  sayTitle('Both models');
  const written = await foldUsers(session.channel);
  const compared = compareModels(written, await readRows(session.models.READ_MODEL_URL));
  console.log(closingTable(compared).replace(/^/gm, '  '));
  const isSame = compared.every(({ agrees }) => agrees);
  const counts = `${written.events} events, ${written.users.size} users, ${written.deleted.length} deleted`;
  if (isSame) sayGood(`${counts}: the table holds what the events say, to the millisecond.`);
  else sayBad(`${counts}: THE MODELS DIFFER.`);
  for (const broken of session.broken) sayBad(`not so: ${broken}`);
  console.log();
  return isSame && session.broken.length === 0;
}
