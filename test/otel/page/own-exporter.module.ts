import { Module } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Backbone } from 'nest-event-backbone';
import { EventMetrics } from 'nest-event-backbone/otel';
import { PrometheusModule } from 'nest-event-backbone/prometheus';

const exporter = new PrometheusExporter({ preventServerStart: true });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

@Module({
  imports: [PrometheusModule.forRoot({ exporter })],
  providers: [
    {
      provide: EventMetrics,
      inject: [Backbone],
      useFactory: (backbone: Backbone) => new EventMetrics(backbone),
    },
  ],
})
export class MetricsModule {}
