import { CommandFailure } from './command-failure.js';

/** An event that is to be appended, as it was written. */
export interface GivenEvent {
  /** A method of the contract, or a type. */
  readonly event: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const KNOWN = ['event', 'args', 'key', 'id', 'headers'];

/**
 * Reads events, a line of JSON for each.
 *
 * @throws CommandFailure that names the line and quotes nothing of it.
 */
export function givenEvents(lines: string): readonly GivenEvent[] {
  return lines
    .split('\n')
    .map((line, i) => [line, i + 1] as const)
    .filter(([line]) => line.trim() !== '')
    .map(([line, number]) => givenEvent(line, number));
}

function givenEvent(line: string, number: number): GivenEvent {
  const given = parsed(line, number);
  if (!isObject(given)) throw refused(number, 'is no object {"event":"placed","args":{}}');
  const unknown = Object.keys(given).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw refused(number, `has a member that means nothing; known are ${KNOWN.join(', ')}`);
  const { event, args = {}, key, id, headers } = given;
  if (typeof event !== 'string') throw refused(number, 'needs an "event"');
  if (!isObject(args)) throw refused(number, 'has arguments that are no object by name, {"product":7}');
  if (!isTextOrNothing(key) || !isTextOrNothing(id)) throw refused(number, 'has a key or an id that is no text');
  if (headers !== undefined && !isTexts(headers)) throw refused(number, 'has headers that are no texts by name');
  return { event, args, key, id, headers };
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    // The parser's own message quotes the text, which may be personal data.
    throw refused(number, 'is not JSON');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}

function refused(number: number, why: string): CommandFailure {
  return new CommandFailure(`what is to be appended, line ${number}, ${why}`);
}
