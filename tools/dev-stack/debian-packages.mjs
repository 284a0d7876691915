import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';

/**
 * Downloads packages, with what they need and this machine lacks, and unpacks them into a directory. Nothing is
 * installed, no root is needed, and the state of the machine's apt is read at most.
 *
 * @param {readonly string[]} packages
 * @param {string} into
 * @throws where there is no apt, or when it cannot get them
 */
export async function unpackDebianPackages(packages, into) {
  const apt = await mkdtemp(join(tmpdir(), 'dev-stack-apt-'));
  try {
    const archives = join(apt, 'archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    await download(packages, apt, archives);
    for (const name of await readdir(archives)) {
      if (name.endsWith('.deb')) await runCommand('dpkg', ['-x', join(archives, name), into], { timeoutMs: 60_000 });
    }
  } finally {
    await rm(apt, { recursive: true, force: true });
  }
}

/**
 * Lists what packages were unpacked into a directory, and gives the environment in which their programs find the shared
 * libraries among it.
 *
 * @param {string} home
 * @returns {Promise<{ paths: readonly string[], env: Record<string, string> }>} `paths` relative to `home`
 */
export async function librariesIn(home) {
  const paths = await readdir(home, { recursive: true });
  const dirs = new Set(paths.filter((path) => /\.so(\.\d+)*$/.test(path)).map((path) => join(home, dirname(path))));
  const own = process.env['LD_LIBRARY_PATH'];
  /** @type {Record<string, string>} */
  const env = dirs.size > 0 ? { LD_LIBRARY_PATH: [...dirs, ...(own ? [own] : [])].join(delimiter) } : {};
  return { paths, env };
}

/** Names this release of this system, whose packages may not run on another. */
export async function systemName() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

/**
 * @param {readonly string[]} packages
 * @param {string} apt
 * @param {string} archives
 */
async function download(packages, apt, archives) {
  const options = [
    `Dir::Cache=${apt}`,
    `Dir::Cache::archives=${archives}`,
    'Debug::NoLocking=1',
    `APT::Sandbox::User=${userInfo().username}`,
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
  ].flatMap((option) => ['-o', option]);
  // `install` and not `download`, because it also finds the libraries that are missing here, whatever they are called
  // in this release; --reinstall fetches a named package that is installed already.
  const install = ['install', '--download-only', '--reinstall', '--no-install-recommends', '--yes', ...packages];
  try {
    await runCommand('apt-get', [...install, ...options], { timeoutMs: 180_000 });
  } catch (error) {
    if (error instanceof Error && error.message.endsWith('is not installed')) throw error;
    // The machine's own lists are empty or older than the mirror.
    const lists = join(apt, 'lists');
    await mkdir(join(lists, 'partial'), { recursive: true });
    const ownLists = [...options, '-o', `Dir::State::Lists=${lists}`];
    await runCommand('apt-get', ['update', ...ownLists], { timeoutMs: 180_000 });
    await runCommand('apt-get', [...install, ...ownLists], { timeoutMs: 180_000 });
  }
}
