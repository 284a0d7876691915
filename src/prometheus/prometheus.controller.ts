import { Controller, Get, Header, Inject, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';

/** Makes the controller that serves what an exporter has collected under a path. */
export function prometheusController(path: string): Type {
  @Controller({ version: VERSION_NEUTRAL })
  class PrometheusController {
    readonly #exporter: PrometheusExporter;
    readonly #serializer = new PrometheusSerializer();

    constructor(@Inject(PrometheusExporter) exporter: PrometheusExporter) {
      this.#exporter = exporter;
    }

    @Get(path)
    @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
    async metrics(): Promise<string> {
      const { resourceMetrics } = await this.#exporter.collect();
      return this.#serializer.serialize(resourceMetrics);
    }
  }
  return PrometheusController;
}
