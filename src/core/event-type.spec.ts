import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventType, parseEventType } from './event-type.js';
import { isName } from './names.js';

const names = fc
  .oneof(fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/), fc.stringMatching(/^[a-z]{1,4}\.v[1-9]{1,3}$/))
  .filter(isName);
const versions = fc.integer({ min: 1, max: 999_999_999 });

describe('the type of an event', () => {
  it('gives its name and version back', () => {
    fc.assert(
      fc.property(names, versions, (name, version) => {
        expect(parseEventType(eventType(name, version))).toEqual({ name, version });
      }),
    );
  });

  it('is the same for the same name and version only', () => {
    fc.assert(
      fc.property(names, versions, names, versions, (name, version, otherName, otherVersion) => {
        const same = name === otherName && version === otherVersion;
        expect(eventType(name, version) === eventType(otherName, otherVersion)).toBe(same);
      }),
    );
  });

  it('of a name that ends like a version is not confused with that version', () => {
    expect(eventType('placed.v1', 2)).not.toBe(eventType('placed', 1));
    expect(parseEventType(eventType('placed.v1', 2))).toEqual({ name: 'placed.v1', version: 2 });
  });

  it.each([
    '',
    'placed',
    'placed.v',
    'placed.v0',
    'placed.v01',
    'placed.v-1',
    'placed.v1.5',
    'placed.v1 ',
    '.v1',
    'a\n.v1',
  ])('is not read from %j', (text) => {
    expect(parseEventType(text)).toBeUndefined();
  });
});
