/** `nest-event-backbone/prometheus`: metrics of an application's events for Prometheus. */
export { PrometheusModule, type PrometheusModuleOptions } from './prometheus.module.js';
