import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import type { EventMetadata } from '../core/index.js';

/** What travels with an event so that its handlers know the span it was produced in. */
export type TraceContext = Pick<EventMetadata, 'traceparent' | 'tracestate'>;

/** Writes a span as W3C Trace Context has it. */
export function traceContextOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() };
}

/** Reads the span that an event was produced in; nothing where there is none, or nothing that can be read. */
export function producerOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const [, version, traceId, spanId, flags = '', rest] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  // Later versions may add parts; the first one has no more.
  if (version === 'ff' || (version === '00' && rest !== '')) return undefined;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})($|-.*$)/;
