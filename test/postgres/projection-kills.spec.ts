import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { killProjectors } from '../../tools/soak/killed-projectors.mjs';

const [postgresUrl, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

describe.skipIf(postgresUrl === '' || redisUrl === '')('a projector that is killed in the middle of its work', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it('counts every event once, however often, and leaves the table that a fresh rebuild makes', async () => {
    const { wanted, got, table, rebuilt } = await killProjectors({ redisUrl, postgresUrl, events: 4_000, kills: 14 });
    expect(got).toEqual(wanted);
    expect(table).toBe(rebuilt);
  }, 300_000);

  it('in the making of its model goes on with it, and its model is what it would have been', async () => {
    const modes = ['init', 'swap'] as const;
    const how = { redisUrl, postgresUrl, events: 4_000, kills: 6, modes };
    const { wanted, got, table, rebuilt } = await killProjectors(how);
    expect(got).toEqual(wanted);
    expect(table).toBe(rebuilt);
  }, 300_000);
});
