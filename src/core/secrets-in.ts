/** A part of a text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds what looks like a secret in a text: the credentials of URLs, what follows words such as password, secret, token,
 * authorization or api-key, and e-mail addresses. No pattern here can look at a character more than a fixed number of
 * times.
 */
export function secretsIn(text: string): readonly TextRange[] {
  const credentials = [...credentialsIn(text)];
  // The host behind credentials is no part of an address.
  const ends = new Set(credentials.map(({ end }) => end));
  return [...credentials, ...namedSecretsIn(text), ...addressesIn(text, ends)];
}

const SCHEME_WITH_PATHS = /(?:^|[^a-z])(?:file|https?|node|webpack|blob)$/i;
const SCHEME_LENGTH = 10;
const NO_PORT = /:\D/;

/** `redis://user:password@host`: what stands between the slashes and the at sign. */
function* credentialsIn(text: string): Iterable<TextRange> {
  for (const { 0: word, index } of text.matchAll(/[^\s"'`<>]+/g)) {
    for (let slashes = word.indexOf('://'); slashes >= 0;) {
      const start = slashes + 3;
      const next = word.indexOf('://', start);
      const rest = word.slice(start, next < 0 ? undefined : next);
      const scheme = word.slice(Math.max(0, slashes - SCHEME_LENGTH), slashes);
      // Paths of files and pages hold at signs of their own; elsewhere a password may well hold a slash.
      const host = SCHEME_WITH_PATHS.test(scheme) ? rest.slice(0, endOf(rest, /[/?#]/)) : rest;
      const at = (NO_PORT.test(host) ? rest : host).lastIndexOf('@');
      if (at > 0) yield { start: index + start, end: index + start + at };
      slashes = next;
    }
  }
}

const SECRET_NAME =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|authorization|credentials?|(?:api|access|private|secret)[-_ ]?key)[\w-]{0,30}["'`]?\s{0,3}(?:=>|->|[:=]{1,3})\s{0,3}|\bbearer\s{1,3}/gi;
const PLAIN_VALUE = /(?:(?:bearer|basic|digest)\s{1,3})?[^\s&"'`]*/iy;
const LINE = /[^\r\n]*/y;

/** `password=...`, `"token": "..."`, `Authorization: Bearer ...`: the value without its quotes. */
function* namedSecretsIn(text: string): Iterable<TextRange> {
  const names = new RegExp(SECRET_NAME);
  for (let found = names.exec(text); found; found = names.exec(text)) {
    const from = names.lastIndex;
    const quote = text.charAt(from);
    const quoted = quote !== '' && '"\'`'.includes(quote);
    const start = quoted ? from + 1 : from;
    const value = /^authorization/i.test(found[0]) ? LINE : PLAIN_VALUE;
    const end = quoted ? closingQuote(text, start, quote) : matchEnd(value, text, start);
    if (end > start) yield { start, end };
    // Not behind the quote: a text that follows at once is another one's beginning.
    names.lastIndex = end;
  }
}

const LOCAL_CHARACTER = /[\p{L}\p{N}.!#$%&*+^_{|}~-]/u;
const DOMAIN_CHARACTER = /[\p{L}\p{N}.-]/u;
// Not the version in `package@1.2.3`.
const ENDS_LIKE_A_DOMAIN = /[^.]\.\p{L}{2,}[.-]*$/u;

function* addressesIn(text: string, elsewhere: ReadonlySet<number>): Iterable<TextRange> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (elsewhere.has(at)) continue;
    let start = at;
    while (start > 0 && LOCAL_CHARACTER.test(text.charAt(start - 1))) start -= 1;
    let end = at + 1;
    while (end < text.length && DOMAIN_CHARACTER.test(text.charAt(end))) end += 1;
    if (start < at && ENDS_LIKE_A_DOMAIN.test(text.slice(Math.max(at + 1, end - 64), end))) yield { start, end };
  }
}

function closingQuote(text: string, start: number, quote: string): number {
  for (let i = start; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === quote) return i;
  }
  return text.length;
}

function matchEnd(pattern: RegExp, text: string, from: number): number {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = from;
  return sticky.test(text) ? sticky.lastIndex : from;
}

function endOf(text: string, pattern: RegExp): number {
  const at = text.search(pattern);
  return at < 0 ? text.length : at;
}
