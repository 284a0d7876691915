/** `nest-event-backbone/otel`: traces and metrics through OpenTelemetry; nothing of it is loaded unless it is imported. */
export { EventMetrics, type EventMetricsOptions } from './event-metrics.js';
export type { Measured, MeasuredGroup } from './measured.js';
export { tracing, type TracingOptions } from './tracing.js';
