import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { freePort } from '../../tools/dev-stack/free-port.mjs';
import { spawnGuarded } from '../../tools/dev-stack/spawn-guarded.mjs';
import { openClient } from './open-channel.js';
import { startServer } from './start-server.js';

/** A primary, its replica, and a sentinel that replaces one by the other soon after it is gone. */
export async function startSentinel() {
  const args = ['--repl-diskless-sync-delay', '0', '--replica-priority'];
  const primary = await startServer({ args: [...args, '100'] });
  const replica = await startServer({ args: [...args, '10', '--replicaof', '127.0.0.1', String(primary.port)] });
  await vi.waitFor(async () => {
    expect(await openClient(replica.url).info('replication')).toContain('master_link_status:up');
  }, 10_000);

  const home = await mkdtemp(join(tmpdir(), 'redis-sentinel-'));
  const file = join(home, 'sentinel.conf');
  const port = await freePort();
  const settings = [`monitor main 127.0.0.1 ${primary.port} 1`, 'down-after-milliseconds main 500'];
  const lines = [...settings, 'failover-timeout main 3000'].map((line) => `sentinel ${line}`);
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${home}`, ...lines, ''].join('\n'));
  const sentinel = await spawnGuarded(primary.binary.file, [file, '--sentinel'], {
    env: primary.binary.env,
    logFile: join(home, 'sentinel.log'),
    onExit: () => undefined,
  });
  onTestFinished(async () => {
    await sentinel.end('SIGKILL');
    sentinel.release();
    await rm(home, { recursive: true });
  });
  await vi.waitFor(async () => {
    const answer = await openClient(`redis://127.0.0.1:${port}`, { enableReadyCheck: false }).call('info', 'sentinel');
    expect(answer).toContain('slaves=1');
  }, 15_000);
  return { primary, replica, sentinels: [{ host: '127.0.0.1', port }], name: 'main' };
}
