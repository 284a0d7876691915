import { readFile } from 'node:fs/promises';
import { asyncApiOf, compareSchemas, type SchemaDocument } from 'nest-event-backbone/schema';
import { Orders } from './orders.js';

/** Compares the contracts with the document that was released last, and tells whether they may be released. */
export async function mayBeReleased(released: string, print: (line: string) => void): Promise<boolean> {
  const before = JSON.parse(await readFile(released, 'utf8')) as SchemaDocument;
  const after = await asyncApiOf([Orders], { title: 'Orders', version: '1.0.0' });
  const changes = compareSchemas(before, after);
  for (const { verdict, path, message } of changes) print(`${verdict}: ${path}: ${message}`);
  return changes.every(({ verdict }) => verdict !== 'breaking');
}
