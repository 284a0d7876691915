import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Span } from '@opentelemetry/api';
import { DIAGNOSTICS, innermost, type Channel, type ConsumeContext, type ConsumerDiagnostic } from '../core/index.js';
import { ATTRIBUTES } from './messaging-attributes.js';

/** The spans of events that are being handled: what is told about such an event is written into its span. */
export class HandledSpans {
  readonly #open = new Map<string, { readonly channel: Channel; readonly span: Span }>();

  /** Listens for an event until the returned function is called, which ends its span. */
  open(context: ConsumeContext, span: Span): (endedAt?: number) => void {
    const name = nameOf(context, context.id);
    const open = { channel: innermost(context.channel), span };
    // Only while something is handled: nobody tells a middleware when its application is closed.
    if (this.#open.size === 0) subscribe(DIAGNOSTICS.consumer, this.#onConsumer);
    this.#open.set(name, open);
    return (endedAt) => {
      span.end(endedAt);
      // The event may have been handed out again meanwhile.
      if (this.#open.get(name) !== open) return;
      this.#open.delete(name);
      if (this.#open.size === 0) unsubscribe(DIAGNOSTICS.consumer, this.#onConsumer);
    };
  }

  readonly #onConsumer = (message: unknown): void => {
    const event = message as ConsumerDiagnostic;
    const { channel, kind, eventId, deadLetter } = event;
    if (eventId === undefined) return;
    const open = this.#open.get(nameOf(event, eventId));
    if (open?.channel !== innermost(channel)) return;
    if (kind === 'retry') {
      open.span.addEvent('event_backbone.retry', {
        [ATTRIBUTES.attempt]: event.attempt,
        [ATTRIBUTES.delay]: (event.delayMs ?? 0) / 1000,
        'exception.message': event.reason,
      });
    } else if (kind === 'deadLetter' && deadLetter) {
      open.span.addEvent('event_backbone.dead_letter', {
        [ATTRIBUTES.kind]: deadLetter.kind,
        [ATTRIBUTES.attempt]: deadLetter.attempts,
        [ATTRIBUTES.errorType]: deadLetter.code,
      });
    }
  };
}

function nameOf({ stream, group }: Pick<ConsumerDiagnostic, 'stream' | 'group'>, eventId: string): string {
  return `${stream.environment}:${stream.contract}/${group}/${eventId}`;
}
