import { describe, expect, it } from 'vitest';
import type { Codec } from './codec.js';
import { jsonCodec } from './json-codec.js';
import { plainField } from './plain-field.js';

const JSON_TYPE = jsonCodec.contentType;
const shown = (value: Parameters<typeof plainField>[0]) => plainField(value, JSON_TYPE, jsonCodec);

describe('a stored field, as plain JSON', () => {
  it('is what was encoded, from text or bytes, with the words of the codec for what JSON has none', () => {
    const text = '{"at":"2026-11-22T00:00:00.000Z","sum":{"$bigint":"12"}}';
    const plain = { at: '2026-11-22T00:00:00.000Z', sum: { $bigint: '12' } };
    expect(shown(text)).toEqual(plain);
    expect(shown(Buffer.from(text))).toEqual(plain);
  });

  it('says why it cannot be read, and quotes nothing', () => {
    for (const value of ['Ada Canary', Buffer.from([0xff, 0x00]), '{"__proto__":{"name":"Canary"}}']) {
      expect(shown(value)).toEqual({ $unreadable: expect.stringContaining('EB_UNDECODABLE') as string });
      expect(JSON.stringify(shown(value))).not.toContain('Canary');
    }
    expect(plainField('1', 'application/cbor', jsonCodec)).toEqual({ $unreadable: 'it is application/cbor' });
    const why = 'it is kept in the payload store "heavy" (9 bytes), and was not fetched';
    expect(shown({ store: 'heavy', size: 9 })).toEqual({ $unreadable: why });
  });

  it('of another content type is what its codec makes of it, and never what that says when it fails', () => {
    const contentType = 'text/plain';
    const codec = (decode: Codec['decode']): Codec => ({ contentType, encode: String, decode });
    expect(plainField('x', contentType, codec(String))).toBe('x');
    const quoting = codec((data) => {
      throw new Error(`cannot read ${String(data)}`);
    });
    expect(plainField('Canary', contentType, quoting)).toEqual({ $unreadable: 'it cannot be decoded' });
  });
});
