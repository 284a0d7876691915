import { describe, expect, it } from 'vitest';
import { loadClassValidator } from './load-class-validator.js';

const failing = (message: string, code?: string) => () => Promise.reject(Object.assign(new Error(message), { code }));

describe('loading class-validator', () => {
  it('finds it where it is installed', async () => {
    const validator = await loadClassValidator();
    await expect(validator?.validate({})).resolves.toBeInstanceOf(Array);
    expect(validator?.getMetadataStorage()).toBeTypeOf('object');
  });

  it('does without it where it is not', async () => {
    const load = failing("Cannot find package 'class-validator' imported from x.js", 'ERR_MODULE_NOT_FOUND');
    await expect(loadClassValidator(load)).resolves.toBeUndefined();
  });

  it('does not turn checks off in silence where it is broken', async () => {
    await expect(loadClassValidator(failing('Unexpected token'))).rejects.toThrow('Unexpected token');
    const incomplete = failing("Cannot find package 'libphonenumber-js' imported from x.js", 'ERR_MODULE_NOT_FOUND');
    await expect(loadClassValidator(incomplete)).rejects.toThrow('libphonenumber-js');
  });
});
