import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { BackboneError, reportChannel, reportConsumer, type Channel, type ConsumerDiagnostic } from '../core/index.js';
import { DiagnosticsLog } from './diagnostics-log.js';

const own = { name: 'own' } as unknown as Channel;
const stream = { environment: 'default', contract: 'orders' };
const lines: string[] = [];
const told: unknown[] = [];
const remember = (level: string) => (message: string, data: unknown) => {
  lines.push(`${level} ${message}`);
  told.push(data);
};
const logger = { log: remember('log'), warn: remember('warn'), error: remember('error') };

function open(): DiagnosticsLog {
  const log = new DiagnosticsLog(own, logger);
  log.open();
  onTestFinished(() => log.close());
  return log;
}

const consumer = (event: Omit<ConsumerDiagnostic, 'channel' | 'stream' | 'group'>) =>
  reportConsumer({ channel: own, stream, group: 'g', ...event });

beforeEach(() => {
  lines.length = 0;
  told.length = 0;
});

describe('the log of the machinery', () => {
  it('warns while a channel waits for its server, and says when it is ready', () => {
    open();
    reportChannel({ channel: own, kind: 'waiting', stream, group: 'g', reason: 'connection refused' });
    reportChannel({ channel: own, kind: 'ready', stream, group: 'g' });
    expect(lines).toEqual([
      'warn waiting for the server of default:orders in g: connection refused',
      'log ready of default:orders in g',
    ]);
  });

  it('counts what was lost', () => {
    open();
    reportChannel({ channel: own, kind: 'lostToTrim', count: 3 });
    expect(lines).toEqual(['warn events were trimmed before they were handled (3)']);
  });

  it('tells of retries, dead letters and consumers that fail', () => {
    open();
    const event = { eventId: 'e1', type: 'placed.v1' };
    consumer({ kind: 'retry', ...event, attempt: 2, delayMs: 123.4, error: new Error('no boxes') });
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no boxes', attempts: 4 } as const;
    consumer({ kind: 'deadLetter', ...event, deadLetter, error: new Error('no boxes') });
    const malformed = { kind: 'malformed', code: 'EB_MALFORMED', error: 'EB_MALFORMED: no id', attempts: 0 } as const;
    consumer({ kind: 'deadLetter', deadLetter: malformed });
    consumer({ kind: 'settleFailed', error: new BackboneError('EB_CHANNEL', 'away') });
    consumer({ kind: 'leaseLost', count: 2 });
    consumer({ kind: 'failed', error: new Error('no such database') });
    expect(lines).toEqual([
      'warn try 2 of placed.v1 e1 of default:orders in g failed, the next in 123 ms: no boxes',
      'error set aside placed.v1 e1 of default:orders in g as failed: Error: no boxes',
      'error set aside an unreadable event of default:orders in g as malformed: EB_MALFORMED: no id',
      'warn finished events of default:orders in g could not be confirmed, trying again: EB_CHANNEL: away',
      'warn 2 finished events of default:orders in g had been taken over by another consumer',
      'error the consumer of default:orders in g has failed and reads no more: no such database',
    ]);
  });

  it('tells why without the arguments where an event is known, and never the error as it was thrown', () => {
    open();
    const why = { eventId: 'e1', type: 'placed.v1', error: new Error('no Ada here'), reason: 'no [argument] here' };
    for (const kind of ['retry', 'failed', 'settleFailed'] as const) consumer({ kind, ...why });
    expect(lines).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/: no \[argument\] here$/) as string));
  });

  it('tells programs the same as data', () => {
    open();
    reportChannel({ channel: own, kind: 'waiting', stream, group: 'g', reason: 'connection refused' });
    consumer({ kind: 'retry', eventId: 'e1', type: 'placed.v1', attempt: 2, delayMs: 123.4, error: new Error('no') });
    const where = { environment: 'default', stream: 'orders', group: 'g' };
    expect(told).toEqual([
      { event: 'waiting', ...where, reason: 'connection refused' },
      { event: 'retry', ...where, type: 'placed.v1', eventId: 'e1', attempt: 2, delayMs: 123, reason: 'no' },
    ]);
  });

  it('is not filled by an outage, and tells how many lines it was spared', () => {
    const log = open();
    for (let i = 1; i <= 500; i += 1) consumer({ kind: 'retry', eventId: `e${i}`, error: new Error('away') });
    reportChannel({ channel: own, kind: 'waiting', stream, reason: 'connection refused' });
    log.close();
    expect(lines).toHaveLength(7);
    expect(lines.at(-2)).toBe('warn waiting for the server of default:orders: connection refused');
    expect(lines.at(-1)).toMatch(/e500 .* \(the last of 495 such lines\)$/);
  });

  it('leaves out the channels of other applications', () => {
    open();
    reportChannel({ channel: { ...own }, kind: 'waiting' });
    reportConsumer({ channel: { ...own }, kind: 'failed', stream, group: 'g' });
    expect(lines).toEqual([]);
  });

  it('is still once it is closed', () => {
    open().close();
    reportChannel({ channel: own, kind: 'waiting' });
    expect(lines).toEqual([]);
  });
});
