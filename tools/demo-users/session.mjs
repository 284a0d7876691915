import { createProducer } from 'nest-event-backbone/core';
import { UserId, UserName, Users } from '#contracts';
import { until } from '../demo/until.mjs';
import { compareModels } from './compare-models.mjs';
import { foldUsers } from './fold-users.mjs';
import { readRows } from './read-rows.mjs';
import { runApp, startApp } from './run-app.mjs';
import { sayGood, showCommand, showProjector } from './screen.mjs';

const PATIENCE_MS = 40_000;

/** @typedef {import('./run-app.mjs').Models} Models */
/** @typedef {import('nest-event-backbone').Channel} Channel */

/** What the demo can do: type commands, keep a projector running, and look at both models. */
export class Session {
  /** What was not as it should be. @type {string[]} */
  broken = [];
  /** @type {import('./run-app.mjs').Running | undefined} */
  projector;

  /** @param {Models} models @param {Channel} channel of the write model @param {AbortSignal} signal */
  constructor(models, channel, signal) {
    this.models = models;
    this.channel = channel;
    this.signal = signal;
  }

  /** Notes what should be so and is not. @param {boolean} isSo @param {string} promise */
  check(isSo, promise) {
    if (!isSo) this.broken.push(promise);
  }

  /** Runs users-command. @param {readonly string[]} args */
  run(args) {
    return runApp('users-command', args, this.models, this.signal);
  }

  /** Runs users-command, shows it, and expects it to succeed. @param {readonly string[]} args */
  async type(args) {
    const ended = await this.run(args);
    showCommand(ended);
    this.check(ended.code === 0, ended.command);
    return ended;
  }

  /** Runs users-projector to its end, shows it, and expects it to succeed. @param {readonly string[]} args */
  async project(args) {
    const ended = await runApp('users-projector', args, this.models, this.signal);
    showCommand(ended);
    this.check(ended.code === 0, ended.command);
  }

  /** Starts a projector that follows. */
  subscribe() {
    this.projector = startApp('users-projector', ['subscription'], this.models, showProjector);
  }

  /** Ends the projector. @param {NodeJS.Signals} how */
  async end(how) {
    const { projector } = this;
    if (!projector) throw new Error('there is no projector to end');
    this.projector = undefined;
    return projector.kill(how);
  }

  /** Waits until the projector follows and the read model holds what the write model says, and shows who is in it. */
  async caughtUp() {
    const projector = this.projector;
    // The models may agree before it has even begun: then it would not see what happens next.
    const follows = () => projector === undefined || projector.lines.some((line) => line.includes('up to date'));
    const ask = async () => (follows() && (await this.differences()) === 0 ? true : undefined);
    const what = () => `the read model is not up to date; the projector said:\n${projector?.lines.join('\n') ?? ''}`;
    await until(ask, { timeoutMs: PATIENCE_MS, signal: this.signal, what });
    const rows = await readRows(this.models.READ_MODEL_URL);
    sayGood(`read model  ${rows.map(({ name, version }) => `${name} (${version})`).join(', ')}`);
  }

  /** How many users are not the same in both models. */
  async differences() {
    const [written, rows] = await Promise.all([foldUsers(this.channel), readRows(this.models.READ_MODEL_URL)]);
    return compareModels(written, rows).filter(({ agrees }) => !agrees).length;
  }

  /** How many events the rows of the read model are made of. */
  async projected() {
    return (await readRows(this.models.READ_MODEL_URL)).reduce((sum, { version }) => sum + version, 0);
  }

  /** Appends edits of these users in turn, from this process. @param {readonly string[]} ids @param {number} count */
  async edit(ids, count) {
    const users = createProducer(Users, { channel: this.channel, environment: 'default', source: 'demo' });
    for (let i = 0; i < count; i += 1) {
      const id = new UserId(ids[i % ids.length] ?? '');
      await users.userEdited(id, new UserName(`${NAMES[i % ids.length] ?? 'Somebody'} ${i + 1}`));
    }
  }
}

const NAMES = ['Anna', 'Cleo', 'Daniel'];
