/** Names one stored field: the event and the field's name. */
export interface PayloadKey {
  readonly eventId: string;
  readonly field: string;
}

/** How fields are to be put. */
export interface PutOptions {
  /** Leave a value that is there already as it is. */
  readonly ifAbsent?: boolean;
  /** Drop the value after this time. */
  readonly ttlMs?: number;
}

/** Keeps encoded arguments outside the channel: all of them, the personal ones, or the large ones. */
export interface PayloadStore {
  put(entries: readonly (PayloadKey & { readonly value: Uint8Array })[], options?: PutOptions): Promise<void>;
  /** One value for each key, in order; `undefined` where there is none. */
  get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Removes values for good; returns how many were there. */
  erase(keys: readonly PayloadKey[]): Promise<number>;
  /** The keys of an event's stored fields. */
  list(eventId: string): Promise<readonly PayloadKey[]>;
  close(): Promise<void>;
}
