import { BackboneError } from './errors.js';

const SEGMENT = /^[A-Za-z0-9_.-]{1,128}$/;

/**
 * Returns the name if it may become part of a key: 1 to 128 of `A-Z a-z 0-9 _ . -`.
 * Everything that has a meaning in keys, hash tags, patterns or topics is outside this grammar.
 *
 * @throws BackboneError `EB_NAME` that shows what was refused, shortened.
 */
export function checkedName(what: string, name: unknown): string {
  if (typeof name === 'string' && SEGMENT.test(name) && !isForbiddenProperty(name)) return name;
  throw new BackboneError(
    'EB_NAME',
    `the ${what} ${shown(name)} is not a valid name; use 1 to 128 letters, digits, "_", "." or "-"`,
    { details: { what } },
  );
}

/** Tells whether a text is a valid name, as {@link checkedName} does, without throwing. */
export function isName(name: string): boolean {
  return SEGMENT.test(name) && !isForbiddenProperty(name);
}

/** Tells whether a property name could reach a prototype and is therefore refused at any depth. */
export function isForbiddenProperty(name: string): boolean {
  return name === '__proto__' || name === 'prototype' || name === 'constructor';
}

function shown(name: unknown): string {
  if (typeof name !== 'string') return `of type ${name === null ? 'null' : typeof name}`;
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);
}
