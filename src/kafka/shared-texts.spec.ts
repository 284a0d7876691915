import { describe, expect, it } from 'vitest';
import { SharedTexts } from './shared-texts.js';

const bytesOf = (text: string) => Buffer.from(text);

describe('the texts that records have in common', () => {
  it('are what the bytes say, whatever was read before', () => {
    const shared = new SharedTexts();
    const texts = ['orderPlaced.v1', 'orderPlaced.v2', 'orderplaced.v1', 'größer', '', 'x'.repeat(500)];
    for (let round = 0; round < 3; round += 1) {
      expect(texts.map((text) => shared.text(bytesOf(text)))).toEqual(texts);
    }
    const many = Array.from({ length: 1_000 }, (_, i) => `text ${i % 500}`);
    expect(many.map((text) => shared.text(bytesOf(text)))).toEqual(many);
  });

  it('stay what they were when the bytes are used for something else', () => {
    const shared = new SharedTexts();
    const bytes = bytesOf('first');
    expect(shared.text(bytes)).toBe('first');
    bytes.write('other');
    expect([shared.text(bytes), shared.text(bytesOf('first'))]).toEqual(['other', 'first']);
  });

  it('name moments, or none', () => {
    const shared = new SharedTexts();
    const texts = [
      '2026-01-02T03:04:05.006Z',
      '2026-01-02T03:04:05.006Z',
      'soon',
      'soon',
      '',
      '2026-01-02T03:04:05.007Z',
    ];
    const first = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    expect(texts.map((text) => shared.time(bytesOf(text)))).toEqual([first, first, NaN, NaN, NaN, first + 1]);
  });
});
