import { isName } from '../core/index.js';

const BACKSLASH = 92;

/**
 * Takes a JSON object apart without reading its values: each comes back as the text it was written in, so that no number
 * loses a digit on the way. Returns nothing for what is no object; a value that is no JSON comes back as it stands.
 */
export function jsonMembers(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  let at = skipBlank(text, 0);
  if (text.charAt(at) !== '{') return undefined;
  at = skipBlank(text, at + 1);
  if (text.charAt(at) === '}') return isEnd(text, at + 1) ? members : undefined;
  for (;;) {
    const nameEnd = text.charAt(at) === '"' ? stringEnd(text, at) : -1;
    if (nameEnd < 0) return undefined;
    const written = text.slice(at + 1, nameEnd - 1);
    const name = isName(written) ? written : parsedName(`"${written}"`);
    const colon = skipBlank(text, nameEnd);
    if (name === undefined || text.charAt(colon) !== ':') return undefined;
    const end = valueEnd(text, colon + 1);
    if (end < 0) return undefined;
    members.set(name, text.slice(colon + 1, end));
    if (text.charAt(end) === '}') return isEnd(text, end + 1) ? members : undefined;
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
    const char = text.charAt(at);
    if (char === '"') {
      at = stringEnd(text, at) - 1;
      if (at < 0) return -1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (depth > 0 && (char === '}' || char === ']')) depth -= 1;
    else if (depth === 0 && (char === ',' || char === '}')) return at;
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
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}
