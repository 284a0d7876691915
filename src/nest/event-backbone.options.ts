import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type {
  Channel,
  ChannelSupports,
  Codec,
  ConsumerSettings,
  Limits,
  Middleware,
  RetentionOptions,
} from '../core/index.js';
import type { RetryOptions } from '../middleware/retry.js';
import type { PayloadOptions, PrivacyOptions } from './privacy.options.js';

/** How one group's events are consumed; what is absent is taken from the connection. */
export interface GroupOptions extends ConsumerSettings {
  readonly retry?: RetryOptions;
}

/** How an application uses one channel. */
export interface EventBackboneOptions {
  /** What carries the events; an object that connects on first use, as `redisChannel({ url })` gives. */
  readonly channel: Channel;
  /** The group of handlers that name none, by themselves or by `@EventGroup`. */
  readonly group?: string;
  /** Separates streams: applications see the events of their own environment only. Default `default`. */
  readonly environment?: string;
  /** The name of this application in the events it produces. Default: the group, else `nest-event-backbone`. */
  readonly source?: string;
  /** Which groups this process reads: all that have handlers, none, or those named. Default `all`. */
  readonly consumers?: 'all' | 'none' | readonly string[];
  /** How every group is read. */
  readonly consumer?: ConsumerSettings;
  /** How single groups are read, by group name; before `consumer` and `retry`. */
  readonly groups?: Readonly<Record<string, GroupOptions>>;
  /** How failing handlers are tried again; a group or a handler may say otherwise, option by option. */
  readonly retry?: RetryOptions;
  /** The sizes above which an event is refused. */
  readonly limits?: Partial<Limits>;
  /** How arguments are written. Default JSON. */
  readonly codec?: Codec;
  /** Around every event, on both sides; on the way in outside of the retries, so once for each delivery. */
  readonly middleware?: readonly Middleware[];
  /** Check arguments whose classes carry class-validator decorators, where that package is installed. Default true. */
  readonly validate?: boolean;
  /**
   * Run the application's global guards, interceptors, pipes and filters on handlers, too. Default false: they are
   * mostly written for requests, and a guard that finds no user would refuse every event.
   */
  readonly globalEnhancers?: boolean;
  /** Read from application start on; otherwise from `Backbone.start()` on. Default true. */
  readonly autoStart?: boolean;
  /** How long running handlers may take to finish when the application stops. Default 25 000. */
  readonly shutdownTimeoutMs?: number;
  /** Removes old events that every group has finished, where the channel supports `trim`. Default: nothing is removed. */
  readonly retention?: RetentionOptions;
  /** Keeps fields outside the channel: large ones, personal ones, or all. */
  readonly payloads?: PayloadOptions;
  /** Encrypts personal data, and knows where whose is, so that `Privacy` can erase and show it. */
  readonly privacy?: PrivacyOptions;
  /** What the application relies on: a channel that cannot do it is refused at start-up. */
  readonly requires?: readonly (keyof ChannelSupports)[];
}

/** What `EventBackboneModule.forRoot` takes. */
export interface EventBackboneRootOptions extends EventBackboneOptions {
  /** Tells several connections of one application apart; absent for the only or the main one. */
  readonly name?: string;
}

/** A provider that makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface EventBackboneOptionsFactory {
  createEventBackboneOptions(): EventBackboneOptions | Promise<EventBackboneOptions>;
}

/** What `EventBackboneModule.forRootAsync` takes: the connection's name, and one way to make its options. */
export interface EventBackboneAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Tells several connections of one application apart; absent for the only or the main one. */
  readonly name?: string;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory?: (...dependencies: never[]) => EventBackboneOptions | Promise<EventBackboneOptions>;
  readonly useClass?: Type<EventBackboneOptionsFactory>;
  readonly useExisting?: InjectionToken<EventBackboneOptionsFactory>;
}
