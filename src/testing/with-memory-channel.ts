import type { InjectionToken } from '@nestjs/common';
import { memoryChannel, type MemoryChannel } from '../memory/index.js';
import type { ConnectionSeams } from '../nest/connection.js';
import { connectionToken, getChannelToken } from '../nest/tokens.js';
import { EventRecorder } from './event-recorder.js';
import { instantly } from './instantly.js';

/** What `withMemoryChannel` needs of a testing module's builder; the one of `@nestjs/testing` fits. */
export interface OverridableBuilder {
  overrideProvider(token: InjectionToken): { useValue(value: unknown): unknown };
}

/** An application under test whose events stay in memory. */
export interface MemoryChannelSetup<Builder> {
  /** The builder that was passed in, for more overrides and `compile()`. */
  readonly builder: Builder;
  readonly channel: MemoryChannel;
  readonly recorder: EventRecorder;
}

/**
 * Turns an application module onto a channel in memory, with retries without pauses, and leaves everything else as
 * it is: `withMemoryChannel(Test.createTestingModule({ imports: [AppModule] }))`.
 */
export function withMemoryChannel<Builder extends OverridableBuilder>(
  builder: Builder,
  options: { readonly connection?: string; readonly channel?: MemoryChannel } = {},
): MemoryChannelSetup<Builder> {
  const { connection, channel = memoryChannel() } = options;
  const recorder = new EventRecorder(channel);
  const seams: ConnectionSeams = { wait: instantly, middleware: [recorder.middleware] };
  builder.overrideProvider(getChannelToken(connection)).useValue(channel);
  builder.overrideProvider(connectionToken('seams', connection)).useValue(seams);
  return { builder, channel, recorder };
}
