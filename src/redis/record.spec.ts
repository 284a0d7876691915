import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_TYPE, isName, NO_HEADERS, type EventMetadata } from '../core/index.js';
import type { StoredFields } from './entry-format.js';
import { readEntry } from './record.js';
import { writeEntry } from './write-entry.js';

const NONE: StoredFields = { plain: 0, personal: 0, large: false, binary: [], refs: [] };
const metadata: EventMetadata = {
  id: 'a1',
  source: 'order',
  type: 'orderPlaced.v1',
  time: Date.UTC(2026, 10, 22),
  key: 'a1',
  correlationId: 'a1',
  contentType: DEFAULT_CONTENT_TYPE,
  headers: NO_HEADERS,
};

describe('a stream entry', () => {
  it('comes back as it was written, whatever stands in it', () => {
    const text = fc.string({ unit: 'binary' });
    const headerName = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/).filter(isName);
    const events = fc.record({
      source: text,
      type: text.filter((value) => value !== ''),
      time: fc.date({ noInvalidDate: true }).map((date) => date.getTime()),
      key: text,
      correlationId: text,
      causationId: fc.option(text, { nil: undefined }),
      traceparent: fc.option(text, { nil: undefined }),
      tracestate: fc.option(text, { nil: undefined }),
      contentType: text,
    });
    fc.assert(
      fc.property(events, fc.dictionary(headerName, text), fc.nat(), fc.nat(), (event, headers, plain, personal) => {
        const written = { ...metadata, ...event, headers };
        const { delivery, stored } = readEntry(['12-3', ['eb1', writeEntry(written, { ...NONE, plain, personal })]], 1);
        expect(delivery.message).toMatchObject(event);
        expect({ ...delivery.message?.headers }).toEqual(headers);
        expect(stored).toEqual({ ...NONE, plain, personal });
        expect(delivery).toMatchObject({
          appendedAt: 12,
          position: { partition: 0, id: '12-3' },
          malformed: undefined,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('holds nothing that can be told from the rest', () => {
    expect(writeEntry(metadata, NONE)).toBe(
      '{"id":"a1","type":"orderPlaced.v1","source":"order","time":"2026-11-22T00:00:00.000Z"}',
    );
  });

  it('is either understood or called malformed, and never throws, whatever it is', () => {
    const json = fc.json({ maxDepth: 3 });
    const text = fc.oneof(fc.string({ unit: 'binary' }), json, fc.constantFrom('eb1', 'eb2', 'id', '{"id":"a"}'));
    const entries = fc.oneof(
      fc.array(text, { maxLength: 7 }),
      json.map((value) => ['eb1', value]),
      fc
        .dictionary(
          fc.constantFrom('id', 'type', 'time', 'source', 'headers', 'fields', 'binary', 'refs', 'large'),
          fc.jsonValue(),
        )
        .map((value) => ['eb1', JSON.stringify({ id: 'a', type: 'b', time: '2026', ...value })]),
    );
    fc.assert(
      fc.property(entries, (entry) => {
        const { delivery, stored } = readEntry(['1-1', entry], 1);
        expect((delivery.message === undefined) !== (delivery.malformed === undefined)).toBe(true);
        expect(delivery.malformed?.code ?? 'EB_MALFORMED').toBe('EB_MALFORMED');
        expect(delivery.message === undefined || isName(delivery.message.id)).toBe(true);
        expect(stored.plain).toBeGreaterThanOrEqual(0);
        expect(Object.getPrototypeOf(Object.prototype)).toBeNull();
      }),
      { numRuns: 5_000 },
    );
  }, 30_000);

  it('may have properties and fields that a newer build has added', () => {
    const newer = JSON.stringify({ ...JSON.parse(writeEntry(metadata, NONE)), later: { any: ['thing'] } });
    for (const entry of [
      ['eb1', newer],
      ['eb1', newer, 'eb2', '???'],
      ['eb2', '???', 'eb1', newer],
    ]) {
      expect(readEntry(['1-1', entry], 1).delivery).toMatchObject({ message: { id: 'a1' }, malformed: undefined });
    }
  });

  it('is refused before it is stored when no reader would accept it', () => {
    const refusal = expect.objectContaining({ code: 'EB_ARGUMENT' }) as Error;
    expect(() => writeEntry({ ...metadata, type: '' }, NONE)).toThrow(refusal);
    expect(() => writeEntry({ ...metadata, time: NaN }, NONE)).toThrow(refusal);
    expect(() => writeEntry({ ...metadata, time: 9e15 }, NONE)).toThrow(refusal);
  });
});
