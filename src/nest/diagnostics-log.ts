import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LoggerService } from '@nestjs/common';
import {
  describeError,
  DIAGNOSTICS,
  innermost,
  type Channel,
  type ChannelDiagnostic,
  type ConsumerDiagnostic,
  type Stream,
} from '../core/index.js';

/** Writes what happens to a connection's machinery to the application's log; never an argument of an event. */
export class DiagnosticsLog {
  readonly #logger: Required<Pick<LoggerService, 'log' | 'warn' | 'error'>>;
  readonly #channel: Channel;

  constructor(channel: Channel, logger: Required<Pick<LoggerService, 'log' | 'warn' | 'error'>>) {
    this.#channel = innermost(channel);
    this.#logger = logger;
  }

  /** Begins to listen. */
  open(): void {
    subscribe(DIAGNOSTICS.channel, this.#onChannel);
    subscribe(DIAGNOSTICS.consumer, this.#onConsumer);
  }

  /** Stops listening. */
  close(): void {
    unsubscribe(DIAGNOSTICS.channel, this.#onChannel);
    unsubscribe(DIAGNOSTICS.consumer, this.#onConsumer);
  }

  readonly #onChannel = (message: unknown): void => {
    const event = message as ChannelDiagnostic;
    // Other applications in the process speak here, too.
    if (innermost(event.channel) !== this.#channel) return;
    const { kind, stream, group, reason, count } = event;
    const text = [KINDS[kind], at(stream, group), count === undefined ? '' : `(${count})`].filter(Boolean).join(' ');
    const line = reason === undefined ? text : `${text}: ${reason}`;
    if (QUIET.has(kind)) this.#logger.log(line);
    else this.#logger.warn(line);
  };

  readonly #onConsumer = (message: unknown): void => {
    const event = message as ConsumerDiagnostic;
    if (innermost(event.channel) !== this.#channel) return;
    const what = `${event.type ?? 'an unreadable event'} ${event.eventId ?? ''}`.trimEnd();
    const where = at(event.stream, event.group);
    const why = event.reason ?? describeError(event.error);
    switch (event.kind) {
      case 'retry':
        this.#logger.warn(
          `try ${event.attempt ?? 1} of ${what} ${where} failed, the next in ${Math.round(event.delayMs ?? 0)} ms: ${why}`,
        );
        return;
      case 'deadLetter':
        this.#logger.error(
          `set aside ${what} ${where} as ${event.deadLetter?.kind ?? 'failed'}: ${event.deadLetter?.error ?? why}`,
        );
        return;
      case 'erased':
        this.#logger.log(`passed over ${what} ${where}: an argument that its handler needs was erased`);
        return;
      case 'failed':
        this.#logger.error(`the consumer ${where} has failed and reads no more: ${why}`);
        return;
      case 'settleFailed':
        this.#logger.warn(`finished events ${where} could not be confirmed, trying again: ${why}`);
        return;
      case 'leaseLost':
        this.#logger.warn(`${event.count ?? 1} finished events ${where} had been taken over by another consumer`);
        return;
      case 'paused':
      case 'resumed':
        this.#logger.log(`${event.kind} ${where}`);
    }
  };
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
  fault: 'trouble',
};
const QUIET: ReadonlySet<ChannelDiagnostic['kind']> = new Set([
  ...(['ready', 'durability', 'groupCreated', 'partitions', 'claimed', 'redriven', 'parked', 'trimmed'] as const),
]);

function at(stream: Stream | undefined, group: string | undefined): string {
  const parts = [...(stream ? [`of ${stream.environment}:${stream.contract}`] : []), ...(group ? [`in ${group}`] : [])];
  return parts.join(' ');
}
