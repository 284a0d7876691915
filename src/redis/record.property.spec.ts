import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_FIELD, MAX_ENTRY_LENGTH } from './entry-format.js';
import { readEntry } from './record.js';

const DANGEROUS = ['__proto__', 'constructor', 'prototype'];
const known = fc.constantFrom('id', 'type', 'time', 'headers', 'fields', 'personal', 'binary', 'large', 'partitionkey');
const name = fc.oneof(known, fc.constantFrom(...DANGEROUS), fc.string());
// Texts, because an object literal cannot have an own __proto__ that JSON has.
const { text: json } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.array(tie('text'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc.array(fc.tuple(name, tie('text')), { maxLength: 4 }).map(objectText),
  ),
}));
const readable = fc
  .array(fc.tuple(name, json), { maxLength: 5 })
  .map((more) => [['id', '"a"'], ['type', '"b"'], ['time', '"2026"'], ...more] as [string, string][])
  .map(objectText);

describe('an entry from anywhere', () => {
  it('never reaches a prototype, and what it is made of has no property by which one could be reached', () => {
    const before = Object.getOwnPropertyDescriptors(Object.prototype);
    fc.assert(
      fc.property(fc.oneof(readable, json), fc.nat(3), (text, partition) => {
        const { delivery, stored } = readEntry(['1-1', [ENTRY_FIELD, text]], 1, partition);
        expect(delivery.position).toEqual({ partition, id: '1-1' });
        expect(Object.getOwnPropertyDescriptors(Object.prototype)).toEqual(before);
        for (const made of [delivery, stored, delivery.message ?? {}, delivery.message?.headers ?? {}]) {
          expect(Object.keys(made).filter((key) => DANGEROUS.includes(key))).toEqual([]);
        }
        expect(Object.values(delivery.message?.headers ?? {}).every((value) => typeof value === 'string')).toBe(true);
        expect((delivery.message as { admin?: unknown } | undefined)?.admin).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read up to a length, and called malformed above it, without a look inside', () => {
    const around = fc.integer({ min: MAX_ENTRY_LENGTH - 3, max: MAX_ENTRY_LENGTH + 3 });
    fc.assert(
      fc.property(around, fc.constantFrom('x', ' ', '[', '\\', '"', '\0', '\ud800'), (length, filling) => {
        const start = '{"id":"a","type":"b","time":"2026","source":';
        const padded = `${start}"${'x'.repeat(length - start.length - 3)}"}`;
        expect(padded).toHaveLength(length);
        const { delivery } = readEntry(['1-1', [ENTRY_FIELD, padded]], 1);
        expect(delivery.malformed === undefined).toBe(length <= MAX_ENTRY_LENGTH);
        const filled = readEntry(['1-1', [ENTRY_FIELD, filling.repeat(length)]], 1).delivery;
        expect(filled.malformed).toMatchObject({ code: 'EB_MALFORMED' });
        expect(filled.malformed?.message.length).toBeLessThan(200);
      }),
      { numRuns: 200 },
    );
  });

  it('may be any flat list: of odd length, with names twice, with bytes that are no text', () => {
    const bytes = fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value).toString('utf8'));
    const word = fc.oneof(fc.constantFrom(ENTRY_FIELD, 'eb2', ...DANGEROUS), bytes, json, readable);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), (entry) => {
        const { delivery } = readEntry(['1-1', entry], 1);
        expect((delivery.message === undefined) !== (delivery.malformed === undefined)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

function objectText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
}
