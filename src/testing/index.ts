/** `nest-event-backbone/testing`: what proves channels and applications. Needs no test runner of its own. */
export { channelConformance } from './channel-conformance.js';
export type { ConformanceCase, ConformanceContext } from './conformance/conformance-case.js';
export { EventBackboneTestingModule, type EventBackboneTestingOptions } from './event-backbone-testing.module.js';
export { EventRecorder, type RecordedEvent } from './event-recorder.js';
export { withMemoryChannel, type MemoryChannelSetup, type OverridableBuilder } from './with-memory-channel.js';
