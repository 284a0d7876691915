import { Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BackboneError } from '../core/index.js';
import type { Backbone } from '../nest/backbone.js';
import { getBackboneToken } from '../nest/tokens.js';
import { unknownNames } from '../nest/unknown-names.js';
import { EventMetrics, type EventMetricsOptions } from '../otel/index.js';
import { prometheusController } from './prometheus.controller.js';

/** What `PrometheusModule.forRoot` takes. */
export interface PrometheusModuleOptions extends Omit<EventMetricsOptions, 'meterProvider'> {
  /** The name of the connection whose events are measured; the main one when absent. */
  readonly connection?: string;
  /** Where the metrics are served: `metrics` gives `/metrics`, and is the default. */
  readonly path?: string;
  /**
   * Serve what this exporter collects, made with `preventServerStart: true` and given to the application's own meter
   * provider, instead of the events of one connection alone; those come into it by `EventMetrics`. Besides `path` only.
   */
  readonly exporter?: PrometheusExporter;
}

/**
 * Serves metrics of an application's events to Prometheus over HTTP, on Express and on Fastify. Guards of the application
 * apply to the route.
 */
@Module({})
export class PrometheusModule {
  /**
   * Sets up the route, `/metrics` unless `path` says otherwise.
   *
   * @throws BackboneError `EB_OPTIONS`
   */
  static forRoot(options: PrometheusModuleOptions = {}): DynamicModule {
    const { path = 'metrics', exporter: given, connection, ...how } = options;
    const route = path.replace(/^\/+|\/+$/g, '');
    if (route === '') throw refused('`path` is empty; name one, such as `metrics`');
    const known = given ? ['path', 'exporter'] : OPTIONS;
    const unknown = unknownNames(options, known);
    if (unknown.length > 0) {
      const when = given ? ' beside `exporter`; give it to `EventMetrics`' : '';
      throw refused(`no option ${unknown.join(', ')}${when}; it takes ${known.join(', ')}`);
    }
    const exporter = given ?? new PrometheusExporter({ preventServerStart: true });
    const providers: Provider[] = [{ provide: PrometheusExporter, useValue: exporter }];
    if (!given) {
      const meterProvider = new MeterProvider({ readers: [exporter] });
      providers.push(
        { provide: OwnMeterProvider, useValue: new OwnMeterProvider(meterProvider) },
        {
          provide: EventMetrics,
          inject: [getBackboneToken(connection)],
          useFactory: (backbone: Backbone) => new EventMetrics(backbone, { ...how, meterProvider }),
        },
      );
    }
    return { module: PrometheusModule, controllers: [prometheusController(route)], providers };
  }
}

const OPTIONS = ['path', 'exporter', 'connection', 'system', 'pollMs', 'pollTimeoutMs'];

function refused(why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `PrometheusModule: ${why}`);
}

class OwnMeterProvider implements OnApplicationShutdown {
  constructor(private readonly provider: MeterProvider) {}

  async onApplicationShutdown(): Promise<void> {
    await this.provider.shutdown();
  }
}
