/** `nest-event-backbone/testing`: what proves channels and applications. Needs no test runner of its own. */
export { channelConformance } from './channel-conformance.js';
export { checkHistory, type HistoryExpectations, type StoredEvent } from './check-history.js';
export type { ConformanceCase, ConformanceContext } from './conformance/conformance-case.js';
export { EventBackboneTestingModule, type EventBackboneTestingOptions } from './event-backbone-testing.module.js';
export { EventRecorder, type RecordedEvent } from './event-recorder.js';
export {
  History,
  type AppendOutcome,
  type AppendRecord,
  type DeliveryRecord,
  type HistoryRecord,
  type SettlementRecord,
} from './history.js';
export type { HistoryReport, Misorder } from './history-report.js';
export { recordedChannel, type RecordedChannelOptions } from './recorded-channel.js';
export {
  payloadStoreConformance,
  type PayloadStoreCase,
  type PayloadStoreContext,
} from './payload-store-conformance.js';
export { withMemoryChannel, type MemoryChannelSetup, type OverridableBuilder } from './with-memory-channel.js';
