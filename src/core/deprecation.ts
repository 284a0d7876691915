import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import { reportChannel } from './diagnostics.js';
import type { EventDefinition } from './event-definition.js';

/** Tells whoever listens which deprecated events are still used, each once. */
export class DeprecationNotice {
  readonly #told = new Set<string>();

  constructor(
    private readonly channel: Channel,
    private readonly stream: Stream,
  ) {}

  /** Somebody produces an event. */
  produced({ type, deprecated }: EventDefinition): void {
    if (deprecated === undefined || deprecated === 'handle') return;
    this.#tell(`${type} is produced and deprecated; produce the version that has come after it`, type);
  }

  /** A group has a handler of an event. */
  handled({ type, deprecated }: EventDefinition, group: string): void {
    if (deprecated === undefined || deprecated === 'produce') return;
    const remedy = 'handle the version that has come after it, with an upcaster for what is stored';
    this.#tell(`${type} has a handler and is deprecated; ${remedy}`, type, group);
  }

  #tell(reason: string, type: string, group?: string): void {
    if (this.#told.has(type)) return;
    this.#told.add(type);
    reportChannel({ channel: this.channel, kind: 'deprecated', stream: this.stream, group, reason });
  }
}
