import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { loadClassChecks } from './class-checks.js';

class Named {
  @IsString()
  name!: string;
}

const failing = (message: string, code?: string) => () => Promise.reject(Object.assign(new Error(message), { code }));

describe('the checks of classes', () => {
  it('come from class-validator', async () => {
    const checks = await loadClassChecks();
    const [check, ...more] = checks.of(Named);
    expect(check).toMatchObject({ name: 'isString', propertyName: 'name' });
    expect(more).toEqual([]);
    expect(check && checks.refusesMissing(check)).toBe(true);
  });

  it('are none where it is not installed', async () => {
    const load = failing("Cannot find package 'class-validator' imported from x.js", 'ERR_MODULE_NOT_FOUND');
    expect((await loadClassChecks(load)).of(Named)).toEqual([]);
  });

  it('are not left out in silence where it is broken', async () => {
    await expect(loadClassChecks(failing('Unexpected token'))).rejects.toThrow('Unexpected token');
  });
});
