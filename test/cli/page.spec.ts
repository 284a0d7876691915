import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { installPackage, type Installed } from './install-package.js';
import { runCli } from './run-cli.js';

const url = inject('redisUrl');
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const FILES = ['orders.ts', 'event-backbone.config.ts'];

describe('docs/cli.md', () => {
  it.for(FILES)('shows %s as it is compiled', (name) => {
    expect(read('docs/cli.md')).toContain(`\`\`\`ts\n// src/${name}\n${read(`test/cli/page/${name}`)}\`\`\``);
  });

  // Without a server the global set-up says why there is none.
  describe.skipIf(url === '')('its configuration', { timeout: 240_000 }, () => {
    let installed: Installed;

    beforeAll(async () => {
      installed = await installPackage();
      await installed.compile(...FILES.map((name) => `test/cli/page/${name}`));
    }, 240_000);
    afterAll(() => installed.remove());

    it('works', async () => {
      const secret = () => randomBytes(32).toString('base64');
      const env = { REDIS_URL: url, ENVIRONMENT: 'cli-page', PRIVACY_SECRET: secret(), WRAPPING_KEY_2026: secret() };
      const run = (...args: readonly string[]) => runCli(installed, args, { env });
      const placed = '{"customer":"ada@example.org","order":"o-17","time":"2026-11-22T10:30:00Z"}';
      expect(await run('append', 'placed', placed, '--id', 'e-1')).toMatchObject({ code: 0, stderr: '' });
      expect(await run('read')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/placed\.v1 {2}key o-17[^]*customer {2}\[personal\]/) as string,
      });
      expect(await run('status')).toMatchObject({ code: 0, stderr: '' });
      expect(await runCli(installed, ['status'], { env: { ENVIRONMENT: 'x' } })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('the configuration cannot be used: REDIS_URL is not set') as string,
      });
    });
  });
});
