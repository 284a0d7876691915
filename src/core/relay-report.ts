import type { Delivery, Settlement } from './delivery.js';
import { eventsAreHeard, reportTimed, type EventDiagnostic } from './diagnostics.js';
import type { Message } from './message.js';
import type { CheckedRelay } from './relay-options.js';

/**
 * Tells whoever listens what becomes of the events of a relay: `processed` by its group in the channel that it reads, and
 * `sent` to its target, with the group, so that they can be told from those of producers.
 */
export class RelayReport {
  readonly #relay: Pick<CheckedRelay, 'from' | 'stream' | 'to' | 'target' | 'group'>;

  constructor(relay: Pick<CheckedRelay, 'from' | 'stream' | 'to' | 'target' | 'group'>) {
    this.#relay = relay;
  }

  /** Tells about events that the target has confirmed, or refused for good, since the relay began to send them. */
  sent(messages: readonly Message[], began: number, errorType?: string): void {
    if (!eventsAreHeard()) return;
    const { to: channel, target: stream, group } = this.#relay;
    const outcome = errorType === undefined ? 'done' : 'failed';
    for (const { type } of messages) {
      reportTimed({ channel, kind: 'sent', stream, group, type, outcome, errorType }, began);
    }
  }

  /** Tells how a batch has ended: what was not settled comes again; of those that were, the ones in `sent` were relayed. */
  processed(
    batch: readonly Delivery[],
    sent: ReadonlySet<Delivery>,
    settled: readonly Settlement[],
    began: number,
  ): void {
    if (!eventsAreHeard()) return;
    const { from: channel, stream, group } = this.#relay;
    const settlements = new Map(settled.map((settlement) => [settlement.delivery, settlement]));
    for (const delivery of batch) {
      // What cannot be read at all has no type.
      if (!delivery.message) continue;
      const event = { channel, kind: 'processed', stream, group, type: delivery.message.type } as const;
      reportTimed({ ...event, ...ending(settlements.get(delivery), sent.has(delivery)) }, began);
    }
  }
}

function ending(settlement: Settlement | undefined, isSent: boolean): Pick<EventDiagnostic, 'outcome' | 'errorType'> {
  if (!settlement) return { outcome: 'released' };
  const { deadLetter } = settlement;
  if (deadLetter) return { outcome: 'failed', errorType: deadLetter.code };
  return { outcome: isSent ? 'done' : 'skipped' };
}
