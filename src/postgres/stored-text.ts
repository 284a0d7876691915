// JSON in the database holds neither a NUL nor half of a surrogate pair.
const UNSTORABLE = /[\0\ud800-\udfff]/u;

/** Puts a text into JSON that the database can hold: as it is, or as the bytes of its UTF-8. */
export function storedText(text: string): unknown {
  return UNSTORABLE.test(text) ? { $text64: Buffer.from(text).toString('base64') } : text;
}

/** Reads a text from such JSON; nothing when there is none. */
export function textOf(stored: unknown): string | undefined {
  if (typeof stored === 'string') return stored;
  if (typeof stored !== 'object' || stored === null || !('$text64' in stored)) return undefined;
  return typeof stored.$text64 === 'string' ? Buffer.from(stored.$text64, 'base64').toString() : undefined;
}

/** A text without what a column cannot hold. */
export function columnText(text: string): string {
  return text.replace(/[\0\ud800-\udfff]/gu, '\ufffd');
}
