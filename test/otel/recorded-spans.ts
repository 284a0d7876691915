import { context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

/** What an OpenTelemetry set-up needs to be, with the spans kept here. */
export interface RecordedSpans {
  readonly tracerProvider: BasicTracerProvider;
  readonly tracer: Tracer;
  readonly finished: () => readonly ReadableSpan[];
}

/** Sets up tracing until the test is over. */
export function recordSpans(): RecordedSpans {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  onTestFinished(() => context.disable());
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return { tracerProvider, tracer: tracerProvider.getTracer('test'), finished: () => exporter.getFinishedSpans() };
}
