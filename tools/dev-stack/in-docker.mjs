import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { atExit } from './at-exit.mjs';
import { freePort } from './free-port.mjs';
import { runCommand } from './run-command.mjs';

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

/**
 * Starts one service of docker-compose.yml in a compose project of its own, on a free port of 127.0.0.1.
 *
 * @param {'redis' | 'kafka' | 'write_model'} service its port is read from `<SERVICE>_PORT` there
 * @param {(port: number) => Promise<string>} urlOf resolves with the service's URL once it answers
 * @returns {Promise<import('./take-route.mjs').Started>}
 * @throws where no engine answers within 3 s (the command alone is not enough) or compose cannot start it
 */
export async function inDocker(service, urlOf) {
  await runCommand('docker', ['info'], { timeoutMs: 3_000 });
  const project = `dev-stack-${process.pid}-${randomUUID().slice(0, 8)}`;
  const compose = ['compose', '-p', project, '-f', composeFile];
  // What a profile hides is not taken down without it.
  const down = [...compose, '--profile', 'kafka', 'down', '-v', '--timeout', '2'];
  // A container is no child of this process: only a command that outlives it can end the container.
  const release = atExit(() => spawn('docker', down, { stdio: 'ignore', detached: true }).unref());
  const stop = async () => {
    await runCommand('docker', down, { timeoutMs: 60_000 });
    release();
  };
  try {
    const port = await freePort();
    const env = { [`${service.toUpperCase()}_PORT`]: String(port) };
    // The first start pulls the image.
    await runCommand('docker', [...compose, 'up', '-d', '--wait', service], { env, timeoutMs: 300_000 });
    return { url: await urlOf(port), how: `docker compose project ${project}`, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
