import type { Channel, ReadOptions } from './channel.js';
import type { Delivery, ReadEvent } from './delivery.js';
import type { Stream } from './stream.js';
import { reportChannel } from './diagnostics.js';
import { tellsErasure } from './erased-event.js';
import { describeError, isBackboneError, type BackboneError } from './errors.js';
import type { FieldTransform } from './field-transform.js';
import { pause } from './pause.js';
import { redactedText } from './redaction.js';

/** An event as a channel has read it. */
export type EventAsRead = ReadEvent & Pick<Delivery, 'fieldsOmitted'>;

/** Where events were read, and what of them is wanted. */
export interface RestoringOptions {
  readonly stream: Stream;
  readonly group?: string;
  /** These fields only; all when absent. */
  readonly fields?: readonly string[];
}

type Answer = Awaited<ReturnType<FieldTransform['inward']>>;
type Ask = () => ReturnType<FieldTransform['inward']>;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Brings the fields of events that were read back to what their producers had sent. */
export class RestoredFields {
  readonly #channel: Channel;
  readonly #transforms: readonly FieldTransform[];

  /** `channel` is the one that speaks in the diagnostics; the transforms are given in the order of an append. */
  constructor(channel: Channel, transforms: readonly FieldTransform[]) {
    this.#channel = channel;
    this.#transforms = transforms.toReversed();
  }

  /** Restores what a read gives, batch by batch. */
  async *read(
    batches: AsyncIterable<readonly ReadEvent[]>,
    options: ReadOptions,
  ): AsyncGenerator<readonly ReadEvent[], void, undefined> {
    const { follow } = options;
    for await (const events of batches) {
      if (!follow) await this.restore(events, options);
      else if (!(await this.restoreUntil(follow, events, options))) return;
      yield events;
    }
  }

  /** Restores events in place; what can never be read becomes `malformed`. Rejects when something is away for now. */
  async restore(events: readonly EventAsRead[], options: RestoringOptions): Promise<void> {
    await this.#restore(events, options, async (ask) => ask());
  }

  /** Restores events in place, however long it takes; tells whether it was done before the signal fired. */
  restoreUntil(signal: AbortSignal, events: readonly EventAsRead[], options: RestoringOptions): Promise<boolean> {
    return this.#restore(events, options, (ask) => this.#answer(ask, signal, options));
  }

  async #restore(
    events: readonly EventAsRead[],
    { stream, fields }: RestoringOptions,
    answer: (ask: Ask) => Promise<Answer | undefined>,
  ): Promise<boolean> {
    let readable = events.flatMap((event) => {
      const { message, malformed, fieldsOmitted } = event;
      // What was erased concerns a transform whether or not anybody handles it.
      const isWanted = message && (fieldsOmitted !== true || tellsErasure(message));
      return isWanted && !malformed ? { event, message } : [];
    });
    const unreadable: { readonly event: EventAsRead; readonly why: BackboneError }[] = [];
    for (const transform of this.#transforms) {
      if (readable.length === 0) break;
      const messages = readable.map(({ message }) => message);
      const answered = await answer(() => transform.inward(stream, messages, fields));
      if (!answered) return false;
      readable = readable.flatMap(({ event, message }, i) => {
        const outcome = answered[i] ?? message;
        if (!isBackboneError(outcome)) return { event, message: outcome };
        unreadable.push({ event, why: outcome });
        return [];
      });
    }
    // Only now, and in the events themselves: an event is settled by what it is, not by what it holds.
    for (const { event, message } of readable) Object.assign(event, { message });
    for (const { event, why } of unreadable) Object.assign(event, { malformed: why });
    return true;
  }

  /** Asks again and again; there is no answer once the signal has fired. */
  async #answer(ask: Ask, signal: AbortSignal, { stream, group }: RestoringOptions): Promise<Answer | undefined> {
    const tell = { channel: this.#channel, stream, group };
    let told: string | undefined;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const answer = await unlessAborted(ask(), signal);
        if (answer && told !== undefined) reportChannel({ ...tell, kind: 'ready' });
        return answer;
      } catch (error) {
        const reason = `fields cannot be restored: ${redactedText(describeError(error))}`;
        if (reason !== told) reportChannel({ ...tell, kind: 'waiting', reason });
        told = reason;
        await pause(pauseMs(attempt), signal);
      }
    }
    return undefined;
  }
}

/** Doubles each time, with jitter. */
function pauseMs(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** What a call resolves to, or nothing once the signal has fired: a call that hangs must not keep anybody. */
async function unlessAborted<T>(call: T | Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (!(call instanceof Promise)) return call;
  let stop: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
