import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findKcat } from './index.mjs';

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-stack-test-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
};

/** A PATH that holds nothing but the named programs, each of which prints one line. */
const pathWith = async (programs: Record<string, string>) => {
  const bin = await temporary();
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho '${line}'\n`);
    await chmod(join(bin, name), 0o755);
  }
  vi.stubEnv('PATH', bin);
};

afterEach(() => void vi.unstubAllEnvs());

describe('the program kcat', () => {
  it('is the one on PATH, under either of its names', async () => {
    await pathWith({ kafkacat: 'Version 1.6.0 (JSON)' });
    expect(await findKcat()).toEqual({ file: 'kafkacat', version: '1.6.0', env: {} });
    await pathWith({ kcat: 'Version 1.7.1 (JSON)', kafkacat: 'Version 1.6.0 (JSON)' });
    expect(await findKcat()).toEqual({ file: 'kcat', version: '1.7.1', env: {} });
  });

  it('is missing with a reason for each place, and leaves no half of a directory behind', async () => {
    await pathWith({ kcat: 'what is this' });
    const cacheDir = await temporary();
    const found = findKcat({ cacheDir, log: () => undefined });
    await expect(found).rejects.toThrow(/kcat -V does not say.*\nkafkacat is not installed\napt-get is not installed/);
    expect(await readdir(join(cacheDir, 'kcat'))).toEqual([]);
  });
});
