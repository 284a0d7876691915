import { BackboneError, type Channel, type Stream } from '../core/index.js';

/**
 * Makes a group that begins behind everything that stands in a stream now, for consumers that come later. Waits for a server
 * that is away, until the signal fires.
 *
 * @throws BackboneError `EB_ARGUMENT` for a group that is there already and has events left: nobody but you knows whether they
 *   are to be handled; `EB_STOPPING` when the signal fires, `EB_CHANNEL`.
 */
export async function openGroup(channel: Channel, stream: Stream, group: string, signal?: AbortSignal): Promise<void> {
  const known = await channel.admin.state(stream, group);
  if (known) {
    const { lag, oldestWaitingAt, pending } = known;
    if (pending > 0 || (lag ?? 0) > 0 || oldestWaitingAt !== undefined) throw hasEventsLeft(group);
    return;
  }
  const subscription = channel.subscribe({ stream, group, from: 'end', types: [] });
  const batches = subscription[Symbol.asyncIterator]();
  const leave = () => void batches.return?.().catch(() => undefined);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    for (let isThere = false; !isThere;) {
      const next = signal?.aborted === true ? undefined : await batches.next();
      if (!next || next.done === true)
        throw new BackboneError('EB_STOPPING', `the group "${group}" was not opened in time`);
      isThere = next.value.caughtUp || next.value.deliveries.length > 0;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    await subscription.close();
  }
}

function hasEventsLeft(group: string): BackboneError {
  const message =
    `the group "${group}" is there already and has events left; let its consumers handle them, or move it behind them with ` +
    "`admin.reset(stream, group, 'end')`";
  return new BackboneError('EB_ARGUMENT', message, { details: { path: 'group', constraint: 'nothing left' } });
}
