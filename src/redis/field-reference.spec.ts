import { describe, expect, it } from 'vitest';
import { readReference, writeReference } from './field-reference.js';

describe('a reference in an event hash', () => {
  it.for([
    { store: 'archive', size: 0 },
    { store: 'a.b-c_d', size: 12_345 },
    { store: 'near+far', size: 1 },
    { store: '7', size: Number.MAX_SAFE_INTEGER },
  ])('comes back as it was written: %j', (reference) => {
    expect(readReference(writeReference(reference))).toEqual(reference);
  });

  it.for([
    '',
    '1',
    'archive',
    ' archive',
    '1 ',
    '-1 archive',
    '01 archive',
    '1.5 archive',
    '1e3 archive',
    '1 a b',
    '1 a+',
  ])('is none when it is %j', (text) => expect(readReference(text)).toBeUndefined());

  it.for(['1 __proto__', '1 constructor', '1 a/b', `1 ${'x'.repeat(129)}`, '9007199254740993 archive', '1 a\n'])(
    'is none with a store or a size that nobody could have: %j',
    (text) => expect(readReference(text)).toBeUndefined(),
  );
});
