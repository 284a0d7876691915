import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Certificates of a broker on 127.0.0.1, and of an authority that has nothing to do with it; all PEM. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly otherCa: string;
}

/** Makes certificates with `openssl`; nothing when there is none. */
export function startCertificates(): Certificates | undefined {
  const home = mkdtempSync(join(tmpdir(), 'kafka-tls-'));
  const path = (name: string) => join(home, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore', cwd: home });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    for (const name of ['ca', 'other']) {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.cert`];
      openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=test ${name}`, ...files);
    }
    writeFileSync(path('ext'), 'subjectAltName=IP:127.0.0.1\n');
    openssl('req', ...newKey, '-subj', '/CN=test', '-keyout', 'key', '-out', 'csr');
    const signer = ['-CA', 'ca.cert', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl('x509', '-req', '-in', 'csr', ...signer, '-days', '2', '-extfile', 'ext', '-out', 'cert');
    const read = (name: string) => readFileSync(path(name), 'utf8');
    return { cert: read('cert'), key: read('key'), ca: read('ca.cert'), otherCa: read('other.cert') };
  } catch {
    return undefined;
  } finally {
    rmSync(home, { recursive: true });
  }
}
