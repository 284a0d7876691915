import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../core/index.js';
import { eventInput, messageOf, type EventRow } from './stored-event.js';

function message(like: Partial<Message>): Message {
  const own = {
    id: 'id',
    source: 's',
    type: 't.v1',
    time: 1,
    key: 'k',
    correlationId: 'c',
    contentType: 'application/json',
  };
  return { ...own, headers: {}, fields: {}, personal: [], ...like };
}

/** What the database gives back for what it was given. */
function stored(given: Message): EventRow {
  const { id, type, key, time, metadata, fields, personal } = eventInput(given);
  const text = { metadata: JSON.stringify(metadata), fields: JSON.stringify(fields) };
  for (const each of [text.metadata, text.fields]) expect(each).not.toMatch(/\\u0000|\\ud[89a-f]/i);
  const columns = { id, type, key, time: String(time), position: '1', appended_at: '1' };
  return { ...columns, ...text, personal: personal && JSON.stringify(personal) };
}

describe('an event in columns', () => {
  it('comes back as it was, with any text and any bytes', () => {
    const texts = fc.string({ unit: 'binary' });
    const fields = fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), fc.oneof(texts, fc.uint8Array()));
    fc.assert(
      fc.property(fields, texts, fc.boolean(), (given, text, isPersonal) => {
        const personal = isPersonal ? Object.keys(given) : [];
        const back = messageOf(stored(message({ fields: given, source: text, headers: { text }, personal })));
        expect(back.source).toBe(text);
        expect(back.headers['text']).toBe(text);
        expect(back.personal).toEqual(Object.keys(back.personal.length > 0 ? given : {}));
        expect(Object.keys(back.fields).sort()).toEqual(Object.keys(given).sort());
        for (const [name, value] of Object.entries(given)) {
          expect(Buffer.from(back.fields[name] as string).equals(Buffer.from(value as string))).toBe(true);
        }
      }),
    );
  });

  it('loses no field for its name', () => {
    const fields = JSON.parse('{"__proto__": "1", "constructor": "2"}') as Message['fields'];
    for (const personal of [[], ['__proto__']]) {
      const back = messageOf(stored(message({ fields, personal })));
      expect(Object.getOwnPropertyNames(back.fields).sort()).toEqual(['__proto__', 'constructor']);
    }
  });

  it('keeps the names of fields that were erased, and no values', () => {
    const given = message({ fields: { name: '"Ada"', product: '7', note: '""' }, personal: ['name'] });
    expect(messageOf(stored(given))).not.toHaveProperty('erased');
    const row = { ...stored(given), fields: '{"product": "7", "note": null}', personal: '{"name": null}' };
    expect(messageOf(row)).toMatchObject({ personal: ['name'], erased: ['note', 'name'] });
    expect({ ...messageOf(row).fields }).toEqual({ product: '7' });
  });

  it('whose fields were not asked for has none that were erased', () => {
    const row = { ...stored(message({})), fields: null, personal: null };
    expect(messageOf(row)).not.toHaveProperty('erased');
  });

  it('keeps references to what lies elsewhere', () => {
    const fields = { large: { store: 'files', size: 12 } };
    expect({ ...messageOf(stored(message({ fields }))).fields }).toEqual(fields);
  });

  it('inherits nothing, whatever its fields are called', () => {
    const row = { ...stored(message({})), fields: '{"__proto__": "1", "constructor": "2"}' };
    const { fields } = messageOf(row);
    expect(Object.getOwnPropertyNames(fields).sort()).toEqual(['__proto__', 'constructor']);
    expect('toString' in fields).toBe(false);
  });
});
