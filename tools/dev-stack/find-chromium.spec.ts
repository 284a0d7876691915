import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findChromium } from './find-chromium.mjs';

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-stack-test-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
};

/** A directory that holds nothing but the named programs, each of which prints one line. */
const holding = async (programs: Record<string, string>) => {
  const bin = await temporary();
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho '${line}'\n`);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
};

describe('the browser', () => {
  it('is the one on PATH, under any of its names', async () => {
    const chrome = await holding({ 'google-chrome': 'Google Chrome 130.0.6723.58' });
    const file = join(chrome, 'google-chrome');
    expect(await findChromium({ env: { PATH: chrome } })).toEqual({ file, version: '130.0.6723.58', env: {} });
    const both = await holding({
      chromium: 'Chromium 131.0.1 built on Debian',
      'google-chrome': 'Google Chrome 130.0',
    });
    const first = { file: join(both, 'chromium'), version: '131.0.1', env: {} };
    expect(await findChromium({ env: { PATH: `/nowhere:${both}` } })).toEqual(first);
  });

  it('is the one that is named, and no other', async () => {
    const bin = await holding({ chromium: 'Chromium 131.0.1', mine: 'Chromium 140.0.2' });
    const named = (name: string) => findChromium({ env: { PATH: bin, CHROMIUM_PATH: join(bin, name) } });
    expect(await named('mine')).toMatchObject({ version: '140.0.2' });
    await expect(named('missing')).rejects.toThrow(/There is no Chromium to run[^]*missing is not installed/);
  });

  it('is missing with a reason for each place, and leaves no half of a directory behind', async () => {
    // Without apt on PATH nothing is downloaded.
    vi.stubEnv('PATH', await holding({ chromium: 'what is this' }));
    onTestFinished(() => void vi.unstubAllEnvs());
    const cacheDir = await temporary();
    const found = findChromium({ cacheDir, log: () => undefined, env: { PATH: process.env['PATH'] } });
    await expect(found).rejects.toThrow(
      /chromium --version does not say.*\nchromium-browser is not installed\n.*\napt-get is not installed/,
    );
    expect(await readdir(join(cacheDir, 'chromium'))).toEqual([]);
  });
});
