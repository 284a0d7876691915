import type { Channel } from './channel.js';
import type {
  ChannelAdmin,
  DeadLetter,
  DeadLetterAdmin,
  GroupState,
  ResetTarget,
  StreamExtent,
  TrimLimits,
} from './channel-admin.js';
import type { ReadEvent } from './delivery.js';
import type { Stream } from './stream.js';
import type { FieldTransform } from './field-transform.js';
import type { RestoredFields } from './restored-fields.js';

/** What an operator does to a transformed channel: shows fields restored, and erases them wherever they are kept. */
export class TransformedAdmin implements ChannelAdmin {
  readonly deadLetters: DeadLetterAdmin;
  readonly #inner: Channel;
  readonly #transforms: readonly FieldTransform[];

  constructor(inner: Channel, transforms: readonly FieldTransform[], restored: RestoredFields) {
    this.#inner = inner;
    this.#transforms = transforms;
    this.deadLetters = new TransformedDeadLetters(inner.admin.deadLetters, restored);
  }

  groups(stream: Stream): Promise<readonly GroupState[]> {
    return this.#inner.admin.groups(stream);
  }

  state(stream: Stream, group: string): Promise<GroupState | undefined> {
    return this.#inner.admin.state(stream, group);
  }

  extent(stream: Stream): Promise<StreamExtent> {
    return this.#inner.admin.extent(stream);
  }

  reset(stream: Stream, group: string, to: ResetTarget): Promise<void> {
    return this.#inner.admin.reset(stream, group, to);
  }

  trim(stream: Stream, limits: TrimLimits): Promise<number> {
    return this.#inner.admin.trim(stream, limits);
  }

  /** Where the channel itself cannot erase, what the transforms keep is erased, and counted. */
  async erase(stream: Stream, ids: readonly string[], fields?: readonly string[]): Promise<number> {
    const { admin, supports } = this.#inner;
    const touched = new Set<string>();
    for (const transform of this.#transforms) {
      for (const id of (await transform.erase?.(stream, { ids, fields })) ?? []) touched.add(id);
    }
    if (!supports.erase && this.#transforms.some((transform) => transform.erase !== undefined)) return touched.size;
    // The channel says how many, and not which: it is asked apart for those that are counted already.
    if (touched.size > 0) await admin.erase(stream, [...touched], fields);
    const others = ids.filter((id) => !touched.has(id));
    if (touched.size > 0 && others.length === 0) return touched.size;
    return touched.size + (await admin.erase(stream, others, fields));
  }
}

class TransformedDeadLetters implements DeadLetterAdmin {
  readonly #inner: DeadLetterAdmin;
  readonly #restored: RestoredFields;

  constructor(inner: DeadLetterAdmin, restored: RestoredFields) {
    this.#inner = inner;
    this.#restored = restored;
  }

  list(stream: Stream, group: string, options?: { after?: string; limit?: number }): Promise<readonly DeadLetter[]> {
    return this.#inner.list(stream, group, options);
  }

  async show(
    stream: Stream,
    group: string,
    id: string,
  ): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined> {
    const shown = await this.#inner.show(stream, group, id);
    if (shown?.event) await this.#restored.restore([shown.event], { stream, group });
    return shown;
  }

  redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return this.#inner.redrive(stream, group, ids);
  }

  remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return this.#inner.remove(stream, group, ids);
  }
}
