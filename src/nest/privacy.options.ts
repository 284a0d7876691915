import type { EventMetadata, PayloadStore } from '../core/index.js';
import type { PayloadRoute } from '../payloads/index.js';
import type { KeyRingOptions } from '../privacy/index.js';

/** Which fields are kept outside the channel. */
export interface PayloadOptions {
  /** By the names under which events refer to them: a name must mean the same store in every application, for good. */
  readonly stores: Readonly<Record<string, PayloadStore>>;
  /** The first one that takes a field decides; what an argument says itself (`@Stored`) comes before. */
  readonly routes?: readonly PayloadRoute[];
}

/** How the data of people is protected, found and erased. */
export interface PrivacyOptions {
  /**
   * At least 16 bytes, the same in every application that shares events, for good: people become pseudonyms under it, and
   * `@Key({ hashed: true })` arguments keys.
   */
  readonly secret: string | Uint8Array;
  /** Where the data keys are, one for each person; with them personal fields are encrypted. */
  readonly keys?: KeyRingOptions;
  /** Where it is kept which events hold data of whom. Default: the store of the keys. */
  readonly index?: PayloadStore;
  /** False to read what was encrypted before, and to write in the clear. Default: true where there are `keys`. */
  readonly encrypt?: boolean;
  /** The tenant that an event belongs to: the same person has another key in each. Default: there is one tenant. */
  readonly tenant?: (metadata: EventMetadata) => string;
}
