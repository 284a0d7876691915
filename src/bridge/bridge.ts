import { BackboneError, derivedUuid, pause, Relay, type Message, type RelayProgress } from '../core/index.js';
import { checkUnbound } from './bound-fields.js';
import { checkedBridge, type BridgeOptions, type CheckedBridge } from './bridge-options.js';
import { copyHeaders, hasBeenAt, originText } from './copy-mark.js';
import { placeText } from './place.js';

/**
 * Copies events from one stream to another one, on any two channels, and marks the copies with where they come from: a relay
 * with a filter, whose loops end. An event is never copied to where it has been. Type, key, time, fields and the ids of its
 * chain stay as they are. It goes on where it, or another one of its group, has left off.
 */
export class Bridge extends Relay {
  /** @throws BackboneError `EB_OPTIONS`, also from a stream to itself; `EB_NAME`. */
  constructor(options: BridgeOptions) {
    const checked = checkedBridge(options);
    const { from, to, group } = checked;
    const { begin, batchSize, types, where, contracts, codec } = options;
    super({
      ...{ from: from.channel, stream: { environment: from.environment, contract: from.contract } },
      ...{ to: to.channel, target: { environment: to.environment, contract: to.contract } },
      ...{ group, begin, batchSize, types, contracts, codec },
      outgoing: (message) => copyOf(message, checked, where),
    });
  }

  /**
   * Waits until everything that was there has been copied or set aside, and tells how many were set aside; with the signal it
   * gives up. Events that are appended meanwhile are waited for, too.
   *
   * @throws BackboneError `EB_STOPPING` when the signal fires or the bridge has ended first, `EB_CHANNEL`.
   */
  async caughtUp(signal: AbortSignal = new AbortController().signal): Promise<RelayProgress> {
    for (let times = 0; ;) {
      const { status, error: cause } = this.state;
      if (signal.aborted || status === 'failed' || status === 'stopped') {
        throw new BackboneError('EB_STOPPING', 'the bridge has not caught up', { cause });
      }
      const progress = await this.progress();
      // Twice, since no server counts what waits and what is in hand at the same moment.
      times = progress.waiting === 0 ? times + 1 : 0;
      if (times === 2) return progress;
      await pause(POLL_MS, signal);
    }
  }
}

const POLL_MS = 25;

function copyOf(
  message: Message,
  { from, to, renews }: CheckedBridge,
  where: BridgeOptions['where'] = () => true,
): Message | undefined {
  if (hasBeenAt(message, to)) return undefined;
  // It names events by ids that the copies do not have.
  if (renews && message.type.startsWith('$')) return undefined;
  const wanted: unknown = where(message);
  if (typeof wanted !== 'boolean') {
    throw new BackboneError('EB_OPTIONS', 'bridge: `where` must return true or false, and not a promise');
  }
  if (!wanted) return undefined;
  if (renews || from.contract !== to.contract) checkUnbound(message);
  const headers = copyHeaders(message, from, to);
  return renews ? { ...message, headers, id: renewedId(message, from, to) } : { ...message, headers };
}

/** The origin last: it may be what somebody else wrote. */
function renewedId(message: Message, from: CheckedBridge['from'], to: CheckedBridge['to']): string {
  return derivedUuid(`${placeText(to)}\n${originText(message, from)}`);
}
