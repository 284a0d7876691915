import { describe, expect, it } from 'vitest';
import { BackboneError } from '../core/index.js';
import { channelError, failureKind, failureReason, ServerFault, stateOf } from './postgres-failure.js';

const fromServer = (code: string, message = 'it said so') =>
  Object.assign(new Error(message), { severity: 'ERROR', code, detail: 'canary' });
const fromClient = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {});

describe('a failure', () => {
  it.for([
    ['40001', 'refused'],
    ['40P01', 'refused'],
    ['53300', 'refused'],
    ['25006', 'refused'],
    ['57P03', 'refused'],
    ['53100', 'full'],
    ['57P01', 'unknown'],
    ['57P02', 'unknown'],
    ['42P01', 'missing'],
    ['42501', 'fatal'],
    ['23514', 'fatal'],
  ] as const)('that the server calls %s is %s', ([code, kind]) => {
    expect(failureKind(fromServer(code))).toBe(kind);
  });

  it.for([
    [fromClient('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), 'unsent'],
    [fromClient('timeout exceeded when trying to connect'), 'unsent'],
    [fromClient('Connection terminated unexpectedly'), 'unknown'],
    [fromClient('read ECONNRESET', 'ECONNRESET'), 'unknown'],
    [fromClient('Query read timeout'), 'unknown'],
    [fromClient('Client has encountered a connection error and is not queryable'), 'unknown'],
    [fromClient('This socket has been ended by the other party', 'EPIPE'), 'unknown'],
    [new Error('the payment ran into a timeout of its socket'), 'fatal'],
    [new ServerFault('unsent', 'it cannot be reached'), 'unsent'],
    [new BackboneError('EB_NOT_STORED', 'x'), 'unsent'],
    [new BackboneError('EB_OUTCOME_UNKNOWN', 'x'), 'unknown'],
    [new TypeError('a bug'), 'fatal'],
  ] as const)('of the client is told by what it says: %s', ([error, kind]) => {
    expect(failureKind(error)).toBe(kind);
  });

  it.for([
    [fromServer('40001'), 'refused', '40001'],
    [fromServer('23514', 'new row violates check'), 'fatal', '23514'],
    [fromClient('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), 'unsent', undefined],
    [fromClient('Connection terminated unexpectedly'), 'unknown', undefined],
  ] as const)('that an ORM has wrapped is told by what it wraps: %s', ([cause, kind, state]) => {
    const wrapped = new Error('Failed query: insert\nparams: canary', { cause: new Error('canary', { cause }) });
    expect(failureKind(wrapped)).toBe(kind);
    expect(stateOf(wrapped)).toBe(state);
    expect(`${failureReason(wrapped)} ${channelError('it', wrapped).stack ?? ''}`).not.toContain('canary');
  });

  it('is told without what the server quotes', () => {
    const quoting = fromServer('22P02', 'invalid input syntax for type json: canary');
    expect(`${failureReason(quoting)} ${channelError('it', quoting).stack ?? ''}`).not.toContain('canary');
    expect(failureReason(fromServer('42501', 'permission denied for table x'))).toContain('permission denied');
    expect(channelError('it', fromServer('42P01')).message).toContain('postgresSchema()');
  });
});
