import { isName, newFields } from '../core/index.js';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Takes a JSON object apart without reading its values: each comes back as the text it was written in, so that no number
 * loses a digit on the way. Members whose names no field can have are left out. Returns nothing for what is no object; a
 * value that is no JSON comes back as it stands.
 */
export function jsonMembers(text: string): Record<string, string> | undefined {
  const members = newFields() as Record<string, string>;
  let at = skipBlank(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined;
  at = skipBlank(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return isEnd(text, at + 1) ? members : undefined;
  for (;;) {
    const nameEnd = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : -1;
    if (nameEnd < 0) return undefined;
    const written = text.slice(at + 1, nameEnd - 1);
    const isPlain = isName(written);
    const name = isPlain ? written : parsedName(`"${written}"`);
    const colon = skipBlank(text, nameEnd);
    if (name === undefined || text.charCodeAt(colon) !== COLON) return undefined;
    const end = valueEnd(text, colon + 1);
    if (end < 0) return undefined;
    if (isPlain || isName(name)) members[name] = text.slice(colon + 1, end);
    if (text.charCodeAt(end) === CLOSE_BRACE) return isEnd(text, end + 1) ? members : undefined;
    at = skipBlank(text, end + 1);
  }
}

function parsedName(text: string): string | undefined {
  try {
    const name: unknown = JSON.parse(text);
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Where a value ends: at the comma or the brace behind it. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at) - 1;
      if (at < 0) return -1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (depth > 0 && (code === CLOSE_BRACE || code === CLOSE_BRACKET)) depth -= 1;
    else if (depth === 0 && (code === COMMA || code === CLOSE_BRACE)) return at;
  }
  return -1;
}

/** Behind the closing quote of the string that begins here; -1 where there is none. */
function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    // Two of them are one that was written, and the quote is none.
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}

function isEnd(text: string, from: number): boolean {
  return skipBlank(text, from) === text.length;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); isBlank(code); code = text.charCodeAt(at)) at += 1;
  return at;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}
