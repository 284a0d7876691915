import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { redisChannel } from 'nest-event-backbone/redis';
import { freePort } from '../../tools/dev-stack/free-port.mjs';
import { startRedis } from '../../tools/dev-stack/index.mjs';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, openChannel, openClient, redisUrl } from './open-channel.js';
import { roundTrip } from './round-trip.js';
import { sampleMessage } from './sample-message.js';
import { storedIds } from './stored-messages.js';

const why = redisUrl === '' ? 'no Redis' : whyNoCertificates();
if (why !== undefined) console.log(`tests of Redis over TLS are skipped: ${why}`);

describe.skipIf(why !== undefined)('Redis over TLS', () => {
  let home: string;
  let server: Awaited<ReturnType<typeof startRedis>>;
  let url: string;
  let ca: Buffer;
  let otherCa: Buffer;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-tls-'));
    ca = await authority(home, 'ca');
    otherCa = await authority(home, 'other');
    await certificate(home, 'ca', 'server', 'IP:127.0.0.1');
    const tlsPort = await freePort();
    const files = ['cert', 'key'].flatMap((part) => [`--tls-${part}-file`, join(home, `server.${part}`)]);
    const args = ['--tls-port', String(tlsPort), ...files, '--tls-ca-cert-file', join(home, 'ca.cert')];
    server = await startRedis({ args: [...args, '--tls-auth-clients', 'no'] });
    url = `rediss://127.0.0.1:${tlsPort}`;
  });
  afterAll(async () => {
    await server.stop();
    await rm(home, { recursive: true });
  });

  it('works with the authority of the server', async () => {
    const options = { url, options: { tls: { ca } } };
    const stream = await roundTrip(openChannel(options));
    expect(await storedIds(stream, options)).toHaveLength(3);
    const { hostname: host, port } = new URL(url);
    expect(await storedIds(stream, { options: { host, port: Number(port), tls: { ca } } })).toHaveLength(3);
    expect(await storedIds(stream, { client: openClient(url, { tls: { ca } }) })).toHaveLength(3);
  });

  it('refuses a server of another authority, and one of no known authority', async () => {
    for (const options of [{ tls: { ca: otherCa } }, {}]) {
      const channel = openChannel({ url, options, publishTimeoutMs: 300 });
      const heard = new HeardDiagnostics(channel);
      await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
      expect(heard.of('waiting')[0]?.reason).toMatch(/certificate/i);
    }
  });

  it('refuses a server of another name', async () => {
    const { port } = new URL(url);
    const options = { tls: { ca }, family: 4 };
    const channel = openChannel({ url: `rediss://localhost:${port}`, options, publishTimeoutMs: 300 });
    const heard = new HeardDiagnostics(channel);
    await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    expect(heard.of('waiting')[0]?.reason).toMatch(/altnames/);
  });

  it('survives to be closed at any moment of a connection that is being refused', async () => {
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown) => void uncaught.push(error);
    process.on('uncaughtExceptionMonitor', onUncaught);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', onUncaught));
    for (let moment = 0; moment < 80; moment += 1) {
      const channel = redisChannel({ url, publishTimeoutMs: 1 + (moment % 16) });
      await expect(channel.publish(freshStream(), [sampleMessage()])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
      await channel.close();
    }
    expect(uncaught).toEqual([]);
  });

  it('refuses to look away, unless it is said in so many words', async () => {
    const tls = { rejectUnauthorized: false };
    const client = openClient(url, { tls, lazyConnect: true });
    for (const options of [
      { url, options: { tls } },
      { client },
      { cluster: { nodes: [url], options: { redisOptions: { tls } } } },
    ]) {
      expect(() => redisChannel(options)).toThrow(expect.objectContaining({ code: 'EB_OPTIONS' }));
    }
    const stream = await roundTrip(openChannel({ url, options: { tls }, dangerouslyAcceptUnverifiedTls: true }));
    expect(await storedIds(stream, { url, options: { tls: { ca } } })).toHaveLength(3);
  });
});

function whyNoCertificates(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no openssl to make certificates with';
  }
}

async function authority(home: string, name: string): Promise<Buffer> {
  const files = ['-keyout', join(home, `${name}.key`), '-out', join(home, `${name}.cert`)];
  openssl('req', '-x509', ...NEW_KEY, '-nodes', '-days', '2', '-subj', `/CN=test ${name}`, ...files);
  return readFile(join(home, `${name}.cert`));
}

async function certificate(home: string, by: string, name: string, subject: string): Promise<void> {
  const [key, request, cert, extensions] = ['key', 'csr', 'cert', 'ext'].map((part) => join(home, `${name}.${part}`));
  await writeFile(extensions ?? '', `subjectAltName=${subject}\n`);
  openssl('req', ...NEW_KEY, '-nodes', '-subj', '/CN=test', '-keyout', key ?? '', '-out', request ?? '');
  const signer = ['-CA', join(home, `${by}.cert`), '-CAkey', join(home, `${by}.key`), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    request ?? '',
    ...signer,
    '-days',
    '2',
    '-extfile',
    extensions ?? '',
    '-out',
    cert ?? '',
  );
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}
