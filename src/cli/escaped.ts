/**
 * What a terminal obeys instead of showing, or shows in another order than it is written: control characters and with them
 * ANSI escapes, line separators, marks of direction, characters without a width, half pairs.
 */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Makes a text harmless to show on a terminal, in one line: what is no visible character becomes `\u001b` and the like. */
export function escaped(text: string): string {
  return text.replace(UNFIT, (found) => {
    let units = '';
    for (let i = 0; i < found.length; i += 1) units += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return units;
  });
}

/** Writes a value as JSON that is harmless to show, and that any program reads as the same value. */
export function escapedJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, plain, indent) as string | undefined;
  // What is left outside of texts are line breaks of the indentation; inside, JSON knows the same escapes.
  return (text ?? 'null').split('\n').map(escaped).join('\n');
}

/** What JSON has no word for, as the library's own codec writes it. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  return value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value;
}
