import { Module, type DynamicModule, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { PrometheusModule } from 'nest-event-backbone/prometheus';
import { AppSettings } from './app-settings.js';
import { HealthController } from './health.controller.js';

/** The root around an app's own module: its settings for everyone to inject, `/health`, `/status` and `/metrics`. */
@Module({})
export class AppKitModule {
  static around(module: Type, settings: AppSettings, atEnd?: () => Promise<void>): DynamicModule {
    const ending: OnApplicationShutdown = { onApplicationShutdown: () => atEnd?.() };
    return {
      module: AppKitModule,
      global: true,
      imports: [module, PrometheusModule.forRoot()],
      controllers: [HealthController],
      providers: [
        { provide: AppSettings, useValue: settings },
        { provide: 'app-kit:ending', useValue: ending },
      ],
      exports: [AppSettings],
    };
  }
}
