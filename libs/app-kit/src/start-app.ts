import type { INestApplication, LoggerService, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { PrivacyOptions } from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { AppKitModule } from './app-kit.module.js';
import { AppSettings } from './app-settings.js';

/** One of the demo's apps. */
export interface App {
  readonly name: string;
  readonly module: Type;
  /** The port it listens on when nobody names another. */
  readonly port: number;
  /** What else to set up before it listens. */
  readonly prepare?: (nest: INestApplication) => void;
}

/** Where an app is to run, and on what. */
export interface StartOptions {
  readonly channel: Channel;
  readonly environment: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly stepDelayMs: number;
  /** Absent: personal data is not encrypted, and nobody can be forgotten. */
  readonly privacy?: PrivacyOptions | undefined;
  /** Absent: silence. */
  readonly logger?: LoggerService;
  /** What is to be done when the app has ended. */
  readonly atEnd?: () => Promise<void>;
}

/** An app that listens. */
export interface RunningApp {
  readonly nest: INestApplication;
  /** `http://127.0.0.1:3001` */
  readonly url: string;
}

/** Starts an app in this process; `nest.close()` ends it, its channel and its store of keys. Several apps in one process are fine. */
export async function startApp(app: App, options: StartOptions): Promise<RunningApp> {
  const { channel, environment, stepDelayMs, privacy, host, port, logger = false, atEnd } = options;
  const settings = new AppSettings(app.name, channel, environment, stepDelayMs, privacy);
  const nestOptions: Pick<NestApplicationOptions, 'logger' | 'abortOnError' | 'forceCloseConnections'> = {
    logger,
    abortOnError: false,
    // A page that listens for changes must not keep the app from ending.
    forceCloseConnections: true,
  };
  const nest = await NestFactory.create(AppKitModule.around(app.module, settings, atEnd), nestOptions);
  try {
    app.prepare?.(nest);
    await nest.listen(port, host);
    return { nest, url: await nest.getUrl() };
  } catch (error) {
    await nest.close();
    throw error;
  }
}
