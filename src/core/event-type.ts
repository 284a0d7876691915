/**
 * The identity of an event on the wire: name and version in one text, `orderPlaced.v1`.
 * Types that begin with `$` belong to the library.
 */
export function eventType(name: string, version: number): string {
  return `${name}.v${version}`;
}

/** Splits a type into name and version; `undefined` when it is not of the form `name.vN`. */
export function parseEventType(type: string): { readonly name: string; readonly version: number } | undefined {
  const match = /^(.{1,128})\.v([1-9]\d{0,8})$/.exec(type);
  return match?.[1] && match[2] ? { name: match[1], version: Number(match[2]) } : undefined;
}
