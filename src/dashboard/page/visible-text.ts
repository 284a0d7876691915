/**
 * Makes what a reader could not see, or what could fool one, visible: control characters, marks that turn the direction
 * of writing, characters of no width, halves of surrogate pairs. Line feeds and tabs stay when `lines` is true.
 */
export function visibleText(text: string, { lines = false } = {}): string {
  return text.replace(UNSEEN, (found) => {
    if (lines && (found === '\n' || found === '\t')) return found;
    const code = found.codePointAt(0) ?? 0;
    return SHORT[code] ?? `\\u${code <= 0xffff ? code.toString(16).padStart(4, '0') : `{${code.toString(16)}}`}`;
  });
}

/** Cuts a text for one line of a table, and makes it visible. */
export function oneLine(text: string, most = 120): string {
  return visibleText(text.length > most ? `${wholeStart(text, most)}…` : text);
}

/** The first characters of a text, without half a surrogate pair at its end. */
export function wholeStart(text: string, most: number): string {
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}

const SHORT: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r' };

// Cc: controls, Cf: formats such as U+202E and U+200B, Cs: lone surrogates, Zl and Zp: separators of lines.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
