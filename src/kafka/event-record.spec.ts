import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from '../core/index.js';
import { eventRecord, isPassedBy, readEvent } from './event-record.js';
import type { KafkaRecord, StoredRecord } from './kafka-driver.js';

const message: Message = {
  id: 'event-1',
  source: 'shop',
  type: 'orderPlaced.v1',
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  key: 'order 7',
  correlationId: 'event-0',
  contentType: DEFAULT_CONTENT_TYPE,
  headers: { tenant: 'north' },
  fields: { product: '{"id":7}', name: '"Ada"' },
  personal: ['name'],
};

describe('the record of an event', () => {
  it('is a CloudEvent in binary mode, with the fields as its value', () => {
    const { key, value, headers } = eventRecord(message, 'record');
    expect(texts(headers)).toEqual({
      ce_specversion: '1.0',
      ce_id: 'event-1',
      ce_source: 'shop',
      ce_type: 'orderPlaced.v1',
      ce_time: '2026-01-02T03:04:05.006Z',
      ce_correlationid: 'event-0',
      ce_personal: 'name',
      'content-type': 'application/json',
      'x-tenant': 'north',
    });
    expect([key?.toString(), value?.toString()]).toEqual(['order 7', '{"product":{"id":7},"name":"Ada"}']);
  });

  it('only names its fields where they are in a payload store', () => {
    const { value, headers } = eventRecord(message, 'store');
    expect(value?.toString()).toBe('{}');
    expect(texts(headers)).toMatchObject({ ce_dataref: 'payload:event-1', ce_fields: 'product,name' });
    const { delivery, inStore } = readEvent(stored(eventRecord(message, 'store')));
    expect(inStore).toEqual(['product', 'name']);
    expect(delivery.message).toEqual({ ...message, fields: {} });
  });

  it.each(['record', 'store'] as const)('holds references to other stores, with the payloads in the %s', (place) => {
    const plan = { store: 'files', size: 7_000_000 };
    const record = eventRecord({ ...message, fields: { product: '7', plan } }, place);
    expect(texts(record.headers)).toMatchObject({ ce_refs: 'plan' });
    expect(JSON.parse(record.value?.toString() ?? '')).toEqual({ ...(place === 'record' && { product: 7 }), plan });
    const { delivery, inStore } = readEvent(stored(record));
    expect(inStore).toEqual(place === 'record' ? [] : ['product']);
    expect({ ...delivery.message?.fields }).toEqual({ ...(place === 'record' && { product: '7' }), plan });
    expect({ ...readEvent(stored(record), (name) => name !== 'plan').delivery.message?.fields }).not.toHaveProperty(
      'plan',
    );
    const torn = { ...record, value: Buffer.from('{"plan":{"store":"files"}}') };
    expect(readEvent(stored(torn)).delivery.malformed?.code).toBe('EB_MALFORMED');
  });

  it('reads as the event that was written', () => {
    expect(readEvent(stored(eventRecord(message, 'record'))).delivery.message).toEqual(message);
    const bare = { ...message, headers: NO_HEADERS, fields: {}, personal: [], contentType: 'application/cbor' };
    expect(readEvent(stored(eventRecord(bare, 'record'))).delivery.message).toEqual(bare);
  });

  it.each([
    ['no id', { ce_type: 'a.v1', ce_time: '2026-01-01T00:00:00Z' }, 'ce_id'],
    ['an id that is no name', { ce_id: 'a:b', ce_type: 'a.v1', ce_time: '2026-01-01T00:00:00Z' }, 'ce_id'],
    ['no type', { ce_id: 'a', ce_time: '2026-01-01T00:00:00Z' }, 'ce_type'],
    ['no time', { ce_id: 'a', ce_type: 'a.v1', ce_time: 'soon' }, 'ce_time'],
  ])('is malformed with %s, and says so without its content', (_, headers, named) => {
    const { delivery } = readEvent(stored({ key: null, value: Buffer.from('secret'), headers: bytes(headers) }));
    expect(delivery.message).toBeUndefined();
    expect(delivery.malformed?.code).toBe('EB_MALFORMED');
    expect(delivery.malformed?.message).toContain(named);
    expect(delivery.malformed?.message).not.toContain('secret');
  });

  it('is malformed where its value is no object', () => {
    const record = { ...eventRecord(message, 'record'), value: Buffer.from('not JSON') };
    expect(readEvent(stored(record)).delivery.malformed?.code).toBe('EB_MALFORMED');
  });

  it('leaves out what the rest of the record says, and reads as if it stood there', () => {
    const first = { ...message, correlationId: message.id };
    const record = eventRecord(first, 'record');
    expect(Object.keys(record.headers)).not.toContain('ce_correlationid');
    expect(readEvent(stored(record)).delivery.message).toEqual(first);
    const headers = {
      ...record.headers,
      ce_partitionkey: Buffer.from('other'),
      ce_correlationid: Buffer.from('cause'),
    };
    const { key, correlationId } = readEvent(stored({ ...record, headers })).delivery.message ?? {};
    expect([key, correlationId]).toEqual(['other', 'cause']);
  });

  it('is passed by when it is a tombstone, or a copy for another group', () => {
    const record = stored(eventRecord(message, 'record'));
    const copy = { ...record, headers: { ...record.headers, ce_redrivegroup: Buffer.from('mine') } };
    expect(isPassedBy({ ...record, value: null }, 'mine')).toBe(true);
    expect([isPassedBy(copy, 'mine'), isPassedBy(copy, 'other'), isPassedBy(copy)]).toEqual([false, true, true]);
    expect(isPassedBy(record, 'mine')).toBe(false);
  });
});

function stored(record: Omit<KafkaRecord, 'partition'>): StoredRecord {
  return { ...record, partition: 0, offset: 12n, timestamp: 1_000 };
}

function bytes(headers: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
}

function texts(headers: KafkaRecord['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()]));
}
