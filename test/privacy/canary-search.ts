import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Some bytes, and where they are. */
export interface Place {
  readonly where: string;
  readonly bytes: Buffer;
}

/** What is searched for: a name for it, and its bytes. */
export type Sought = Readonly<Record<string, string | Uint8Array>>;

/** Searches places for texts and keys in every form in which somebody may have written them; tells what is where. */
export async function search(places: AsyncIterable<Place>, sought: Sought): Promise<readonly string[]> {
  const forms = Object.entries(sought).map(([name, value]) => ({ name, forms: formsOf(Buffer.from(value)) }));
  const found = new Set<string>();
  for await (const { where, bytes } of places) {
    for (const { name, forms: own } of forms) {
      if (own.some((form) => bytes.includes(form))) found.add(`${name} in ${where}`);
    }
  }
  return [...found].sort();
}

/** The bytes as they are, as UTF-16, as hex, as a list of numbers, and as base64 wherever in it they begin. */
export function formsOf(bytes: Buffer): readonly Buffer[] {
  const texts = [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), [...bytes].join(',')];
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last character may also stand for what is beside.
    const own = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    texts.push(own, own.replaceAll('+', '-').replaceAll('/', '_'));
  }
  const wide = Buffer.from(bytes.toString('latin1'), 'utf16le');
  return [bytes, wide, ...[...new Set(texts)].map((text) => Buffer.from(text))];
}

/** Every file below a directory, as it is on the disk. */
export async function* filesIn(dir: string): AsyncGenerator<Place> {
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(goneMeanwhile<Dirent[]>([]))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) {
      yield { where: `file ${path}`, bytes: await readFile(path).catch(goneMeanwhile(Buffer.alloc(0))) };
    }
  }
}

/** A text that a test has at hand. */
export function text(where: string, value: string): Place {
  return { where, bytes: Buffer.from(value) };
}

/** Several kinds of places, one after another. */
export async function* allOf(...places: readonly (AsyncIterable<Place> | readonly Place[])[]): AsyncGenerator<Place> {
  for (const some of places) yield* some;
}

/** A server at work removes files of its own. */
function goneMeanwhile<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}
