import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildWhatIsMissing } from '../../../tools/demo/build-what-is-missing.mjs';
import { PROJECT } from '../../../tools/demo/services.mjs';
import { compareModels } from '../../../tools/demo-users/compare-models.mjs';

const url = inject('postgresUrl');

describe('npm run demo:users', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it.skipIf(url === '')(
    'plays the whole session and ends with two models that agree',
    async () => {
      const child = spawn(process.execPath, ['tools/demo-users/run.mjs'], {
        cwd: PROJECT,
        env: { ...process.env, NO_COLOR: '1', STACK: '', DATABASE_URL: url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += String(data)));
      const [code] = (await once(child, 'close')) as unknown[];

      expect(printed).toContain('5 users, 1 deleted: the table holds what the events say');
      expect(printed).not.toContain('not so:');
      expect(code).toBe(0);
    },
    300_000,
  );

  it('would notice a row that differs, is missing, or should not be there', () => {
    const at = new Date(0);
    const row = (id: string, name: string) => ({ id, name, created_at: at, updated_at: at, version: 1 });
    const user = (value: string) => ({ name: { value }, createdAt: at, updatedAt: at, version: 1 });
    const written = {
      users: new Map([
        ['1', user('Ann')],
        ['2', user('Ben')],
        ['3', user('Cleo')],
      ]),
      deleted: ['4'],
      events: 5,
    };

    const compared = compareModels(written as never, [row('1', 'Ann'), row('2', 'Bob'), row('4', 'Dan')]);
    expect(compared.map(({ id, agrees }) => [id, agrees])).toEqual([
      ['1', true],
      ['2', false],
      ['3', false],
      ['4', false],
    ]);
  });
});
