import { describe, expect, it } from 'vitest';
import { deadLetterReason } from './dead-letter-reason.js';
import { BackboneError, type ErrorCode } from './errors.js';

describe('the reason of a dead letter', () => {
  it.each<[ErrorCode, string]>([
    ['EB_MALFORMED', 'malformed'],
    ['EB_UNDECODABLE', 'invalid'],
    ['EB_VALIDATION', 'invalid'],
    ['EB_FIELDS_LOST', 'lost'],
    ['EB_UNKNOWN_TYPE', 'unknown'],
    ['EB_NOT_COMPLETED', 'failed'],
  ])('of %s is of the kind %s', (code, kind) => {
    expect(deadLetterReason(new BackboneError(code, 'why'), 2)).toEqual({
      kind,
      code,
      error: `${code}: why`,
      attempts: 2,
    });
  });

  it("of a handler's error names its class, its message and where it was thrown", () => {
    const reason = deadLetterReason(new RangeError('too far'), 1);
    expect(reason).toMatchObject({ kind: 'failed', code: 'RangeError', error: 'RangeError: too far', attempts: 1 });
    expect(reason.stack).toMatch(/^ {4}at .*dead-letter-reason\.spec/);
    expect(reason.stack).not.toContain('too far');
  });

  it('holds no argument and no secret, not in the stack either', () => {
    const fields = { name: '"Ada Lovelace"', card: '4111111111111111' };
    const error = new Error('Ada Lovelace paid with 4111111111111111 at redis://u:hunter2@host');
    error.stack = `${error.stack ?? ''}\n    at async pay (card: 4111111111111111, token: hunter2)`;
    const reason = deadLetterReason(error, 1, fields);
    expect(reason.error).toBe('Error: [argument] paid with [argument] at redis://***@host');
    expect(reason.stack).toMatch(/pay \(card: \[argument\], token: \*\*\*/);
    expect(JSON.stringify(reason)).not.toMatch(/Ada|4111|hunter2/);
    expect(JSON.stringify(deadLetterReason(error, 1))).toMatch(/Ada Lovelace.*4111/);
  });

  it('holds no argument when the library itself has failed', () => {
    const error = new BackboneError('EB_CHANNEL', 'no Ada here');
    expect(deadLetterReason(error, 1, { name: '"Ada"' }).error).toBe('EB_CHANNEL: no [argument] here');
  });

  it('is cut only after it was looked through', () => {
    const fields = { name: JSON.stringify('n'.repeat(600)) };
    expect(deadLetterReason(new Error(`x${'n'.repeat(600)}`), 1, fields).error).toBe('Error: x[argument]');
  });

  it('stays small, however large the error is', () => {
    const error = Object.assign(new Error('m'.repeat(100_000)), { name: 'n'.repeat(10_000) });
    error.stack = `x\n    at ${'s'.repeat(100_000)}`;
    const { code, error: text, stack } = deadLetterReason(error, 1);
    expect([code.length, text.length, stack?.length]).toEqual([100, 500, 4_000]);
    expect(deadLetterReason(new BackboneError('EB_CHANNEL', 'm'.repeat(1_000)), 1).error).toHaveLength(500);
  });

  it.each([
    ['nothing at all', undefined, 'Error: thrown value of type undefined'],
    ['null', null, 'Error: thrown value of type null'],
    ['a text', 'plain', 'Error: plain'],
    ['a number', 7, 'Error: thrown value of type number'],
    ['an object that cannot be read', hostile(), 'Error: an error that cannot be described'],
    ['an error whose name is no text', Object.assign(new Error('why'), { name: Symbol('n') }), 'Error: why'],
  ])('can be given for %s', (_, thrown, error) => {
    expect(deadLetterReason(thrown, 1)).toMatchObject({ kind: 'failed', code: 'Error', error });
  });
});

function hostile(): Error {
  const fail = () => {
    throw new Error('nobody may look here');
  };
  const error = new Error('x');
  for (const name of ['stack', 'message', 'name']) Object.defineProperty(error, name, { get: fail });
  return error;
}
