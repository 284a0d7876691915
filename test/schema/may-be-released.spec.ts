import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncApiOf } from 'nest-event-backbone/schema';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mayBeReleased } from './page/may-be-released.js';
import { Orders } from './page/orders.js';

describe('a check before a release', () => {
  it('passes the contracts as they were released, and stops what breaks readers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'schema-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const released = join(folder, 'events.json');
    const text = JSON.stringify(await asyncApiOf([Orders], { title: 'Orders', version: '0.9.0' }));
    await writeFile(released, text);
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    expect(await mayBeReleased(released, print)).toBe(true);
    expect(lines).toEqual([]);

    // Once, any product had a number.
    await writeFile(released, text.replace('"minimum":1', '"minimum":0'));
    expect(await mayBeReleased(released, print)).toBe(false);
    expect(lines).toEqual(['breaking: orders/placed.v1/product.id: minimum was 0, it is 1']);
  });
});
