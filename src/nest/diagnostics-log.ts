import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  describeError,
  DIAGNOSTICS,
  innermost,
  type Channel,
  type ChannelDiagnostic,
  type ConsumerDiagnostic,
  type Stream,
} from '../core/index.js';
import { LineLimit, type LineLevel, type LogLine } from './line-limit.js';

/** What Nest's loggers have in common, since they take data beside the message. */
export type StructuredLogger = Record<LineLevel, (message: string, data: LogLine['data']) => unknown>;

/**
 * Writes what happens to a connection's machinery to the application's log: one line for people, and the same as data for
 * programs; of many such lines in a row only a few. Never an argument of an event.
 */
export class DiagnosticsLog {
  readonly #channel: Channel;
  readonly #limit: LineLimit;

  constructor(channel: Channel, logger: StructuredLogger) {
    this.#channel = innermost(channel);
    this.#limit = new LineLimit(({ level, text, data }) => logger[level](text, data));
  }

  /** Begins to listen. */
  open(): void {
    subscribe(DIAGNOSTICS.channel, this.#onChannel);
    subscribe(DIAGNOSTICS.consumer, this.#onConsumer);
  }

  /** Stops listening, and writes what was held back. */
  close(): void {
    unsubscribe(DIAGNOSTICS.channel, this.#onChannel);
    unsubscribe(DIAGNOSTICS.consumer, this.#onConsumer);
    this.#limit.close();
  }

  readonly #onChannel = (message: unknown): void => {
    const event = message as ChannelDiagnostic;
    // Other applications in the process speak here, too.
    if (innermost(event.channel) !== this.#channel) return;
    const { kind, stream, group, reason, count } = event;
    const text = [KINDS[kind], at(stream, group), count === undefined ? '' : `(${count})`].filter(Boolean).join(' ');
    const line = reason === undefined ? text : `${text}: ${reason}`;
    this.#say(QUIET.has(kind) ? 'log' : 'warn', line, event, { reason, count });
  };

  readonly #onConsumer = (message: unknown): void => {
    const event = message as ConsumerDiagnostic;
    if (innermost(event.channel) !== this.#channel) return;
    const { kind, type, eventId, attempt, count, deadLetter } = event;
    const what = `${type ?? 'an unreadable event'} ${eventId ?? ''}`.trimEnd();
    const where = at(event.stream, event.group);
    const reason = event.reason ?? describeError(event.error);
    const delayMs = event.delayMs === undefined ? undefined : Math.round(event.delayMs);
    const of = { type, eventId };
    switch (kind) {
      case 'retry': {
        const line = `try ${attempt ?? 1} of ${what} ${where} failed, the next in ${delayMs ?? 0} ms: ${reason}`;
        this.#say('warn', line, event, { ...of, attempt, delayMs, reason });
        return;
      }
      case 'deadLetter': {
        const error = deadLetter?.error ?? reason;
        const line = `set aside ${what} ${where} as ${deadLetter?.kind ?? 'failed'}: ${error}`;
        this.#say('error', line, event, { ...of, as: deadLetter?.kind, code: deadLetter?.code, reason: error });
        return;
      }
      case 'erased':
        this.#say('log', `passed over ${what} ${where}: an argument that its handler needs was erased`, event, of);
        return;
      case 'replaySkipped':
        // As many as the group has ever handled: who wants to know them one by one listens himself.
        return;
      case 'failed':
        this.#say('error', `the consumer ${where} has failed and reads no more: ${reason}`, event, { reason });
        return;
      case 'settleFailed':
        this.#say('warn', `finished events ${where} could not be confirmed, trying again: ${reason}`, event, {
          reason,
        });
        return;
      case 'leaseLost': {
        const line = `${count ?? 1} finished events ${where} had been taken over by another consumer`;
        this.#say('warn', line, event, { count });
        return;
      }
      case 'paused':
      case 'resumed':
        this.#say('log', `${kind} ${where}`, event, {});
    }
  };

  #say(
    level: LineLevel,
    text: string,
    { kind, stream, group }: Pick<ChannelDiagnostic | ConsumerDiagnostic, 'kind' | 'stream' | 'group'>,
    more: LogLine['data'],
  ): void {
    const all = { event: kind, environment: stream?.environment, stream: stream?.contract, group, ...more };
    const data = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    this.#limit.say(`${kind} ${at(stream, group)}`, { level, text, data });
  }
}

const KINDS: Readonly<Record<ChannelDiagnostic['kind'], string>> = {
  waiting: 'waiting for the server',
  ready: 'ready',
  durability: 'what the server has confirmed is',
  groupCreated: 'created the group',
  groupRecreated: 'created the group anew',
  partitions: 'reads other partitions',
  claimed: 'took over events of a consumer that is gone',
  redriven: 'took dead letters that this build can handle',
  parked: 'set events of parked keys aside',
  leaseLost: 'lost events to another consumer',
  trimmed: 'trimmed events',
  lostToTrim: 'events were trimmed before they were handled',
  deprecated: 'a deprecated event',
  schema: 'the schemas',
  fault: 'trouble',
};
const QUIET: ReadonlySet<ChannelDiagnostic['kind']> = new Set([
  ...(['ready', 'durability', 'groupCreated', 'partitions', 'claimed', 'redriven', 'parked', 'trimmed'] as const),
]);

function at(stream: Stream | undefined, group: string | undefined): string {
  const parts = [...(stream ? [`of ${stream.environment}:${stream.contract}`] : []), ...(group ? [`in ${group}`] : [])];
  return parts.join(' ');
}
