import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AppSettings } from './app-settings.js';
import { HealthController } from './health.controller.js';

/** The root around an app's own module: its settings for everyone to inject, `/health` and `/status`. */
@Module({})
export class AppKitModule {
  static around(module: Type, settings: AppSettings): DynamicModule {
    return {
      module: AppKitModule,
      global: true,
      imports: [module],
      controllers: [HealthController],
      providers: [{ provide: AppSettings, useValue: settings }],
      exports: [AppSettings],
    };
  }
}
