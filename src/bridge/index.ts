/** `nest-event-backbone/bridge`: copies of events in other streams, environments and channels. */
export { Bridge } from './bridge.js';
export type { BridgeOptions } from './bridge-options.js';
export { copyMark, type CopyMark } from './copy-mark.js';
export { openGroup } from './open-group.js';
export type { BridgeEnd, Place } from './place.js';
export { Switchover } from './switchover.js';
