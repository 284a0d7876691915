import {
  furthest,
  type Channel,
  type Checkpoint,
  type Position,
  type SavedCheckpoint,
  type Stream,
} from '../core/index.js';
import { covers } from './anchor.js';
import { streamOfProjection, type ProjectionRunnerOptions } from './projection-options.js';
import { handledTypes } from './projection.js';

/**
 * Finds up to where a log holds nothing that a projection still has to read. Events that no handler is for do not move
 * its checkpoint, so they are looked through, each of them once.
 */
export class UnreadFront {
  readonly #channel: Channel;
  readonly #stream: Stream;
  readonly #types: ReadonlySet<string>;
  readonly #version: number;
  /** What the last look has begun with, and how far it came. */
  #last: { readonly from: Checkpoint; readonly passed: Checkpoint } = { from: [], passed: [] };

  constructor(options: Pick<ProjectionRunnerOptions<never>, 'channel' | 'environment' | 'projection'>) {
    const { channel, projection } = options;
    this.#channel = channel;
    this.#stream = streamOfProjection(options);
    this.#types = new Set(handledTypes(projection));
    this.#version = projection.version;
  }

  /** Looks from what a model has read to the first event that waits for it, or to the end. */
  async behind({ checkpoint, version }: SavedCheckpoint): Promise<Checkpoint> {
    // Another version may handle other events.
    if (version !== this.#version) return checkpoint;
    // A model that has read less than before is made anew.
    let passed = covers(checkpoint, this.#last.from) ? furthestOf(this.#last.passed, checkpoint) : checkpoint;
    for await (const events of this.#channel.read({ stream: this.#stream, after: passed, fields: [] })) {
      const waiting = new Set<number>();
      const free: Position[] = [];
      for (const { position, message } of events) {
        // What cannot be read may be for it.
        if (!message || this.#types.has(message.type)) waiting.add(position.partition);
        if (!waiting.has(position.partition)) free.push(position);
      }
      passed = furthest(passed, free);
      if (waiting.size > 0) break;
    }
    this.#last = { from: checkpoint, passed };
    return passed;
  }
}

function furthestOf(one: Checkpoint, other: Checkpoint): Checkpoint {
  return furthest(
    one,
    other.filter((position) => !covers(one, [position])),
  );
}
