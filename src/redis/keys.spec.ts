import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupName, streamKeys, type StreamKeys } from './keys.js';

const PARTS = 'a b A B 0 1 . _ - __ .. stream event personal group dead staged'.split(' ');
const name = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((text) => text !== '__proto__');
const stream = fc.record({ environment: name, contract: name });

describe('keys', () => {
  it('differ for everything that differs', () => {
    fc.assert(
      fc.property(tuples(), tuples(), (a, b) => {
        expect(everyKey(a).some((key) => everyKey(b).includes(key))).toBe(sharesKeys(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of one stream are all different, and share one hash tag, which is the only one', () => {
    fc.assert(
      fc.property(tuples(), (tuple) => {
        const keys = everyKey(tuple);
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) expect(key.split(/[{}]/)).toHaveLength(3);
        expect(new Set(keys.map(hashTag)).size).toBe(1);
      }),
    );
  });

  it('of different streams have different hash tags', () => {
    fc.assert(
      fc.property(stream, stream, (a, b) => {
        const same = a.environment === b.environment && a.contract === b.contract;
        const [tagA, tagB] = [a, b].map((one) => hashTag(streamKeys('eb', one, 0).stream));
        expect(tagA === tagB).toBe(same);
      }),
    );
  });

  it.for(['', 'a:b', 'a{b', 'a}b', 'a*', 'a?', 'a[b]', 'a b', 'a\n', 'a\0', 'é', '../a', '__proto__', 'x'.repeat(129)])(
    'are not made of the name %j',
    (bad) => {
      const refusal = expect.objectContaining({ code: 'EB_NAME' }) as Error;
      const good = { environment: 'test', contract: 'orders' };
      expect(() => streamKeys(bad, good, 0)).toThrow(refusal);
      expect(() => streamKeys('eb', { ...good, environment: bad }, 0)).toThrow(refusal);
      expect(() => streamKeys('eb', { ...good, contract: bad }, 0)).toThrow(refusal);
      expect(() => streamKeys('eb', good, 0).group(bad)).toThrow(refusal);
      expect(() => streamKeys('eb', good, 0).dead(bad)).toThrow(refusal);
      expect(() => groupName(bad, '0')).toThrow(refusal);
    },
  );
});

interface Tuple {
  readonly prefix: string;
  readonly environment: string;
  readonly contract: string;
  readonly partition: number;
  readonly id: string;
  readonly group: string;
}

function tuples(): fc.Arbitrary<Tuple> {
  return fc.record({
    prefix: name,
    environment: name,
    contract: name,
    partition: fc.nat(3),
    id: name,
    group: name,
  });
}

function keysOf({ prefix, environment, contract, partition }: Tuple): StreamKeys {
  return streamKeys(prefix, { environment, contract }, partition);
}

function everyKey(tuple: Tuple): readonly string[] {
  const keys = keysOf(tuple);
  const { id, group } = tuple;
  const ofEvent = [keys.event(id), keys.personal(id), keys.staged(id, 'n')];
  const queues = [keys.group(group), keys.dead(group), keys.pins(group), keys.past(group)];
  const ofGroup = [...queues, keys.parked(group), keys.types(group), keys.members(group)];
  // The mark of durability-check.ts, too.
  return [keys.stream, `${keys.stream}:confirmed`, keys.layout, keys.keyIndex, keys.ofKey(id), ...ofEvent, ...ofGroup];
}

function sharesKeys(a: Tuple, b: Tuple): boolean {
  return (['prefix', 'environment', 'contract', 'partition'] as const).every((part) => a[part] === b[part]);
}

function hashTag(key: string): string | undefined {
  return /\{(.+?)\}/.exec(key)?.[1];
}
