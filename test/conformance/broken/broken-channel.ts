import type { Channel } from 'nest-event-backbone/core';
import type { MemoryChannel } from 'nest-event-backbone/memory';

/** Puts a flaw into a channel. */
export interface Flaw {
  (intact: MemoryChannel): Channel;
  /** What a restart of the server does to the channels that have the flaw. */
  readonly restart?: () => void;
}

/** A channel with one flaw, and the promises that must notice it. */
export interface BrokenChannel {
  /** What it does wrong: it ... */
  readonly flaw: string;
  readonly breaks: readonly string[];
  /** Begins anew and returns what puts the flaw into each channel opened on one server. */
  readonly begin: () => Flaw;
}

/** A flaw that needs no memory of its own. */
export function broken(
  flaw: string,
  breaks: readonly string[],
  into: (intact: MemoryChannel) => Channel,
): BrokenChannel {
  return { flaw, breaks, begin: () => into };
}
