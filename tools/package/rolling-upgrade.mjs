import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {import('./rolling/process.js').Report} Report */

const DEADLINE_MS = 60_000;
const ANSWER_MS = 5_000;
const ENOUGH = 20;

/**
 * Replaces one compiled build of an application by the next one, both on the packed library, while both produce into one
 * stream and handle for one group: consumers first, then producers first. Throws when an event was lost, or handled with
 * other data than it was produced with.
 *
 * @param {{ folder: string, url: string }} where the compiled builds, and Redis
 */
export async function rollingUpgrade({ folder, url }) {
  for (const deploy of [consumersFirst, producersFirst]) {
    const fleet = new Fleet(folder, url);
    try {
      await deploy(fleet);
    } finally {
      fleet.kill();
    }
  }
}

/** @param {Fleet} fleet */
async function consumersFirst(fleet) {
  const before = await fleet.start('before', { consume: true, produce: true });
  await fleet.until('the build before produces', () => before.produced >= ENOUGH);
  await fleet.start('after', { consume: true });
  const after = await fleet.start('after', { consume: true, produce: true });
  await fleet.until('both builds produce, and each handles', () => after.produced >= ENOUGH && before.handled > 0);
  await before.stop();
  await fleet.allHandled(after);
}

/** @param {Fleet} fleet */
async function producersFirst(fleet) {
  const before = await fleet.start('before', { consume: true, produce: true });
  const ahead = await fleet.start('after', { produce: true });
  await fleet.until('both builds produce', () => ahead.produced >= ENOUGH && before.produced >= ENOUGH);
  await fleet.until('what the build before does not know is set aside', async () => {
    const { deadLetters } = await before.state();
    return ['unknown placed.v2', 'unknown cancelled.v1'].every((each) => deadLetters.includes(each));
  });
  if (before.seen.some((order) => order.startsWith(ahead.name)))
    throw new Error('it has handled what it does not know');
  const after = await fleet.start('after', { consume: true, produce: true });
  await fleet.until('the next build produces, too', () => after.produced >= ENOUGH);
  await before.stop();
  await ahead.stop();
  await fleet.allHandled(after);
}

/** The processes of one deployment, and what they have produced and handled. */
class Fleet {
  /** @type {Build[]} */
  #builds = [];
  #environment = `rolling-${randomUUID()}`;
  #folder;
  #url;

  /**
   * @param {string} folder
   * @param {string} url
   */
  constructor(folder, url) {
    this.#folder = folder;
    this.#url = url;
  }

  /**
   * @param {'before' | 'after'} version
   * @param {{ consume?: boolean, produce?: boolean }} roles
   */
  async start(version, { consume = false, produce = false }) {
    const name = `${version}${this.#builds.length}`;
    const env = {
      ...process.env,
      ...{ REDIS_URL: this.#url, ENVIRONMENT: this.#environment, NAME: name },
      ...{ CONSUME: consume ? '1' : '', PRODUCE: produce ? '1' : '' },
    };
    const build = new Build(name, fork(join(this.#folder, version, 'main.js'), { env }));
    this.#builds.push(build);
    await this.until(`${name} starts`, () => build.isReady);
    return build;
  }

  /**
   * Waits for a condition, while no process may end by itself.
   *
   * @param {string} what
   * @param {() => boolean | Promise<boolean>} isTrue
   */
  async until(what, isTrue) {
    const end = Date.now() + DEADLINE_MS;
    // A process that is gone answers nothing any more.
    while (!(await Promise.race([isTrue(), pause(ANSWER_MS, false, { ref: false })]))) {
      const gone = this.#builds.find(({ hasFailed }) => hasFailed);
      if (gone) throw new Error(`rolling upgrade: ${gone.name} ended while waiting: ${what}`);
      if (Date.now() > end) throw new Error(`rolling upgrade: not in time: ${what}; ${this.#missing().slice(0, 5)}`);
      await pause(50);
    }
  }

  /**
   * Stops producing, and waits until everything has been handled and nothing is left aside.
   *
   * @param {Build} last the build that stays
   */
  async allHandled(last) {
    const watching = await this.start('after', { consume: true });
    await last.stop();
    await this.until('everything is handled', async () => {
      if (this.#missing().length > 0) return false;
      const { pending, deadLetters } = await watching.state();
      return pending === 0 && deadLetters.length === 0;
    });
  }

  kill() {
    for (const build of this.#builds) build.kill();
  }

  /** What was produced and not handled, or not with the data that it was produced with. */
  #missing() {
    const handled = new Set(this.#builds.flatMap(({ reports }) => reports.handled));
    return this.#builds.flatMap(({ reports }) => reports.produced).filter((each) => !handled.has(each));
  }
}

/** One process of a build. */
class Build {
  isReady = false;
  hasFailed = false;
  /** @type {{ produced: string[], handled: string[] }} */
  reports = { produced: [], handled: [] };
  #child;
  #stopping = false;
  /** @type {((state: Extract<Report, { kind: 'state' }>) => void) | undefined} */
  #told;

  /**
   * @param {string} name
   * @param {import('node:child_process').ChildProcess} child
   */
  constructor(name, child) {
    this.name = name;
    this.#child = child;
    child.on('message', (message) => this.#hear(/** @type {Report} */ (message)));
    child.once('exit', (code) => (this.hasFailed = !this.#stopping || code !== 0));
  }

  get produced() {
    return this.reports.produced.length;
  }

  get handled() {
    return this.reports.handled.length;
  }

  /** The orders that it has handled. */
  get seen() {
    return this.reports.handled;
  }

  /** @returns {Promise<Extract<Report, { kind: 'state' }>>} */
  state() {
    return new Promise((resolve) => {
      this.#told = resolve;
      this.#child.send('state');
    });
  }

  async stop() {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#stopping = true;
    this.#child.send('stop');
    await Promise.race([gone, pause(DEADLINE_MS, undefined, { ref: false })]);
    if (this.#child.exitCode !== 0) throw new Error(`rolling upgrade: ${this.name} did not end well`);
  }

  kill() {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
  }

  /** @param {Report} report */
  #hear(report) {
    if (report.kind === 'ready') this.isReady = true;
    else if (report.kind === 'state') this.#told?.(report);
    else this.reports[report.kind].push(`${report.order} ${report.cents}`);
  }
}
