import {
  context as active,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type TracerProvider,
} from '@opentelemetry/api';
import {
  ConsumedEvent,
  deadLetterReason,
  isBackboneError,
  type Channel,
  type BatchItem,
  type ConsumeContext,
  type Middleware,
  type ProduceContext,
} from '../core/index.js';
import { HandledSpans } from './handled-spans.js';
import { ATTRIBUTES, destinationOf, SCOPE, systemOf } from './messaging-attributes.js';
import { producerOf, traceContextOf, type TraceContext } from './trace-context.js';

/** How events are traced. */
export interface TracingOptions {
  /**
   * How the span of a handler stands to the span that its event was produced in: `link` begins a new trace for each event
   * and links it; `parent` goes on with the producer's trace, so that a chain of events is one trace. Default `link`.
   */
  readonly parent?: 'link' | 'parent';
  /** What carries the events, for `messaging.system`: `redis`, `kafka`, `postgresql`. Default: what the channel says. */
  readonly system?: string;
  /** Write ordering keys into spans; they may be personal. Default false. */
  readonly keys?: boolean;
  /** Who makes the spans. Default: the one that is registered globally. */
  readonly tracerProvider?: TracerProvider;
}

/**
 * Opens a span for each event that is produced and each one that is handled, and carries the trace along with the event, as
 * W3C Trace Context. A handler's span holds its retries; what the handler produces is in its trace. Arguments are never
 * written anywhere. Give it to `forRoot` as the first `middleware`.
 */
export function tracing(options: TracingOptions = {}): Middleware {
  const { parent = 'link', keys = false } = options;
  const system = (channel?: Channel) => options.system ?? systemOf(channel);
  const tracer = (options.tracerProvider ?? trace).getTracer(SCOPE);
  const handled = new HandledSpans();

  async function send(event: ProduceContext, next: () => Promise<void>): Promise<void> {
    const { metadata, stream, channel } = event;
    const destination = destinationOf(stream);
    const cause = contextOf(metadata);
    const attributes: Attributes = {
      [ATTRIBUTES.system]: system(channel),
      [ATTRIBUTES.operationName]: 'send',
      [ATTRIBUTES.operationType]: 'send',
      [ATTRIBUTES.destination]: destination,
      [ATTRIBUTES.messageId]: metadata.id,
      [ATTRIBUTES.conversation]: metadata.correlationId,
      [ATTRIBUTES.eventType]: metadata.type,
    };
    if (keys) attributes[ATTRIBUTES.key] = metadata.key;
    const span = tracer.startSpan(`send ${destination}`, { kind: SpanKind.PRODUCER, attributes }, cause);
    const own = span.spanContext();
    if (!isSpanContextValid(own)) return next();
    event.metadata = { ...metadata, ...traceContextOf(own) };
    try {
      await active.with(trace.setSpan(cause, span), next);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  async function process(event: ConsumeContext, next: () => Promise<void>): Promise<void> {
    const { metadata, position } = event;
    const attributes = processing(event);
    attributes[ATTRIBUTES.partition] = String(position.partition);
    attributes[ATTRIBUTES.messageId] = metadata.id;
    attributes[ATTRIBUTES.conversation] = metadata.correlationId;
    if (event.isReplay) attributes[ATTRIBUTES.replay] = true;
    if (keys) attributes[ATTRIBUTES.key] = metadata.key;
    const producer = producerOf(metadata);
    const links = producer && parent === 'link' ? [{ context: producer }] : [];
    // Not the active one: consumers would go on with the trace of whoever has started them.
    const from = producer && parent === 'parent' ? trace.setSpanContext(ROOT_CONTEXT, producer) : ROOT_CONTEXT;
    const span = tracer.startSpan(nameOf(event), { kind: SpanKind.CONSUMER, attributes, links }, from);
    const within = trace.setSpan(from, span);
    if (!span.isRecording()) return active.with(within, next);
    const end = handled.open(event, span);
    try {
      await active.with(within, next);
    } catch (error) {
      if (!event.skipped) fail(span, error, event);
      // What becomes of the event is told in a moment.
      const endedAt = performance.now();
      setImmediate(() => end(endedAt));
      throw error;
    }
    end();
  }

  async function batch(items: readonly BatchItem[], next: () => Promise<void>): Promise<void> {
    const [first] = items;
    if (!first) return next();
    const attributes = processing(first.context);
    attributes[ATTRIBUTES.batchSize] = items.length;
    const links = items.flatMap(({ context: { id, metadata } }) => {
      const producer = producerOf(metadata);
      return producer ? [{ context: producer, attributes: { [ATTRIBUTES.messageId]: id } }] : [];
    });
    const span = tracer.startSpan(nameOf(first.context), { kind: SpanKind.CONSUMER, attributes, links }, ROOT_CONTEXT);
    try {
      await active.with(trace.setSpan(ROOT_CONTEXT, span), next);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  function processing(event: BatchItem['context']): Attributes {
    const { stream, group, type } = event;
    return {
      [ATTRIBUTES.system]: system(event instanceof ConsumedEvent ? event.channel : undefined),
      [ATTRIBUTES.operationName]: 'process',
      [ATTRIBUTES.operationType]: 'process',
      [ATTRIBUTES.destination]: destinationOf(stream),
      [ATTRIBUTES.group]: group,
      [ATTRIBUTES.eventType]: type,
    };
  }

  const traced: Middleware = (event, next) => (event.stage === 'produce' ? send(event, next) : process(event, next));
  return Object.assign(traced, { quiet: true, batch });
}

/** The active span; else, where nothing carries that along, the one that the event's cause was produced in. */
function contextOf(metadata: TraceContext): Context {
  const current = active.active();
  const inherited = trace.getSpanContext(current) ? undefined : producerOf(metadata);
  return inherited ? trace.setSpanContext(current, inherited) : current;
}

function nameOf({ stream }: BatchItem['context']): string {
  return `process ${destinationOf(stream)}`;
}

/** A message of an error may quote arguments: they are found by the event's fields, and otherwise only the class is told. */
function fail(span: Span, error: unknown, event?: ConsumeContext): void {
  const reason = deadLetterReason(error, event?.attempt ?? 1, event?.fields);
  const message = event || isBackboneError(error) ? reason.error : undefined;
  span.setAttribute(ATTRIBUTES.errorType, reason.code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  if (event) {
    span.addEvent('exception', {
      'exception.type': reason.code,
      'exception.message': reason.error,
      'exception.stacktrace': reason.stack,
    });
  }
}
