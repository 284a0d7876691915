import { describe, expect, it } from 'vitest';
import { BackboneError } from '../core/index.js';
import { channelError, failureKind, failureReason, meansReadOnly, type FailureKind } from './redis-failure.js';

describe('failures of Redis', () => {
  it.for<[FailureKind, string]>([
    ['full', "OOM command not allowed when used memory > 'maxmemory'. script: 5cae, on @user_script:27."],
    ['full', 'ERR Error running script (call to f_5cae): @user_script:27: @user_script: 27: -OOM command not allowed'],
    ['noGroup', "NOGROUP No such key 'eb:{a:b:0}:stream' or consumer group 'g~0'"],
    ['noGroup', 'ERR Error running script (call to f_5cae): @user_script:3: -NOGROUP No such key'],
    ['noGroup', 'UNBLOCKED the stream key no longer exists'],
    ['refused', 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'],
    [
      'noGroup',
      'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use MKSTREAM',
    ],
    ['unstaged', 'EBSTAGED fields are gone'],
    ['noScript', 'NOSCRIPT No matching script. Please use EVAL.'],
    ['refused', "READONLY You can't write against a read only replica."],
    ['refused', 'ERR Error running script (call to f_1): @user_script: 3: -READONLY You can not write'],
    ['refused', 'LOADING Redis is loading the dataset in memory'],
    ['refused', 'MISCONF Redis is configured to save RDB snapshots, but'],
    ['refused', 'CLUSTERDOWN The cluster is down'],
    ['refused', 'TRYAGAIN Multiple keys request during rehashing of slot'],
    ['unsent', "Stream isn't writeable and enableOfflineQueue options is false"],
    ['unsent', 'connect ECONNREFUSED 127.0.0.1:6379'],
    ['unknown', 'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option.'],
    ['unknown', 'Connection is closed.'],
    ['unknown', 'read ECONNRESET'],
    ['unknown', 'Too many Cluster redirections. Last error: Error: MOVED 1 127.0.0.1:7000'],
    ['fatal', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['fatal', "NOPERM this user has no permissions to run the 'xadd' command"],
    ['fatal', 'ERR The stream has exhausted the last possible ID, unable to add more items'],
    ['fatal', 'MOVED 1 127.0.0.1:7000'],
    ['fatal', ''],
  ])('mean %s: %s', ([kind, message]) => {
    expect(failureKind(new Error(message))).toBe(kind);
  });

  it('of the library itself are told by their code, and what is no error is fatal', () => {
    expect(failureKind(new BackboneError('EB_OUTCOME_UNKNOWN', 'late'))).toBe('unknown');
    expect(failureKind(new BackboneError('EB_NOT_STORED', 'unsent'))).toBe('unsent');
    expect(failureKind(new BackboneError('EB_CLOSED', 'closed'))).toBe('fatal');
    expect([undefined, null, 'text', {}].map(failureKind)).toEqual(['fatal', 'fatal', 'fatal', 'fatal']);
  });

  it('of a server that has become a replica are known by either spelling', () => {
    expect(meansReadOnly(new Error("READONLY You can't write"))).toBe(true);
    expect(meansReadOnly(new Error('ERR Error running script (call to f_1): @user_script: 3: -READONLY no'))).toBe(
      true,
    );
    expect(meansReadOnly(new Error('ERR something READONLY'))).toBe(false);
  });

  it('are told without the arguments that servers quote and clients keep', () => {
    const error = Object.assign(new Error("ERR unknown command 'x', with args beginning with: 'secret' "), {
      command: { args: ['secret'] },
    });
    expect(failureReason(error)).toBe("ERR unknown command 'x'");
    expect(failureReason(new Error('first line\r\nsecret'))).toBe('first line');
    expect(failureReason(new Error('x'.repeat(10_000)))).toHaveLength(200);
    expect(JSON.stringify(channelError('the append', error))).not.toContain('secret');
    expect(channelError('the append', error).cause).toBeUndefined();
  });

  it('are told in words where the client has none, or too many', () => {
    expect(failureReason(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
    expect(failureReason(new Error('Reached the max retries per request limit (which is 0).'))).toBe(
      'the connection was lost',
    );
    expect(failureReason('text')).toBe('unknown error');
  });

  it('that are errors of the library already stay as they are', () => {
    const error = new BackboneError('EB_NAME', 'no name');
    expect(channelError('the append', error)).toBe(error);
  });
});
