import { Module, type DynamicModule } from '@nestjs/common';
import { memoryChannel, type MemoryChannel } from '../memory/index.js';
import { EventBackboneModule } from '../nest/event-backbone.module.js';
import type { EventBackboneRootOptions } from '../nest/event-backbone.options.js';
import { EventRecorder } from './event-recorder.js';
import { instantly } from './instantly.js';

/** What `EventBackboneTestingModule.forRoot` takes: the options of a connection, the channel being in memory. */
export interface EventBackboneTestingOptions extends Omit<EventBackboneRootOptions, 'channel'> {
  /** To share events between applications, `channel.open()` of another one. A new one when absent. */
  readonly channel?: MemoryChannel;
}

/**
 * Takes the place of `EventBackboneModule` in tests of single providers: events in memory, retries without pauses, the
 * group `test` for handlers that name none. Inject {@link EventRecorder} to see what was produced and to wait.
 */
@Module({})
export class EventBackboneTestingModule {
  /** Sets up a connection in memory for the whole test application. */
  static forRoot(options: EventBackboneTestingOptions = {}): DynamicModule {
    const { channel = memoryChannel(), middleware = [], retry, ...rest } = options;
    const recorder = new EventRecorder(channel);
    const connection = EventBackboneModule.forRoot({
      group: 'test',
      ...rest,
      channel,
      retry: { wait: instantly, ...retry },
      middleware: [...middleware, recorder.middleware],
    });
    return {
      module: EventBackboneTestingModule,
      global: true,
      imports: [connection],
      providers: [{ provide: EventRecorder, useValue: recorder }],
      exports: [EventRecorder],
    };
  }
}
