import type { PayloadStore } from 'nest-event-backbone/core';

/** Lets several apps of one process use a payload store: each closes what it was given, and the store stays open. */
export function sharedStore(store: PayloadStore): PayloadStore {
  return {
    put: (entries, options) => store.put(entries, options),
    get: (keys) => store.get(keys),
    erase: (keys) => store.erase(keys),
    list: (eventId) => store.list(eventId),
    close: () => Promise.resolve(),
  };
}
