import {
  BackboneError,
  comparePositions,
  furthest,
  isBackboneError,
  type Anchor,
  type Channel,
  type Checkpoint,
  type ReadEvent,
  type ReadOptions,
  type SavedCheckpoint,
  type Stream,
} from '../core/index.js';

/** Moves a checkpoint behind some events and remembers the last one of them. */
export function advanced(saved: SavedCheckpoint, events: readonly ReadEvent[]): SavedCheckpoint {
  let { anchor } = saved;
  const reached = new Map(saved.checkpoint.map((position) => [position.partition, position]));
  for (const { position, message } of events) {
    if (message) anchor = { id: message.id, position, after: reached.get(position.partition) };
    reached.set(position.partition, position);
  }
  return { ...saved, anchor, checkpoint: furthest(saved.checkpoint, [...reached.values()]) };
}

/** Tells whether a checkpoint has reached all of some positions. */
export function covers(checkpoint: Checkpoint, wanted: Checkpoint): boolean {
  return wanted.every((position) => {
    const reached = checkpoint.find(({ partition }) => partition === position.partition);
    return reached !== undefined && comparePositions(reached, position) >= 0;
  });
}

/**
 * Makes sure that the log is the one that a checkpoint belongs to: the last event that was taken in stands where it
 * stood, or was trimmed together with everything before it.
 *
 * @throws BackboneError `EB_DIVERGED`
 */
export async function checkAnchor(channel: Channel, stream: Stream, anchor: Anchor): Promise<void> {
  const { id, position, after } = anchor;
  const own = (event: ReadEvent | undefined) => event?.position.partition === position.partition;
  const first = (options: Partial<ReadOptions>) =>
    firstOf(channel, { stream, fields: [], batchSize: 1, ...options }, own);
  const isAnchor = ({ message }: ReadEvent) => message?.id === id;
  const found = channel.supports.readById
    ? await firstOf(channel, { stream, fields: [], ids: [id] }, isAnchor)
    : await firstOf(channel, { stream, fields: [], after: after && [after], until: [position] }, isAnchor);
  if (found?.position.id === position.id && own(found)) return;
  const isTrimmed =
    !found && !(await first({ until: [position] })) && (await first({ after: [position] })) !== undefined;
  if (isTrimmed) return;
  throw new BackboneError(
    'EB_DIVERGED',
    `the event ${id}, the last one that was projected, does not stand at its position any more: the log was restored, or ` +
      'its server lost something; make the model anew with `init`, or go on with `acceptLog`',
    { details: { eventId: id, position } },
  );
}

async function firstOf(
  channel: Channel,
  options: ReadOptions,
  isWanted: (event: ReadEvent) => boolean,
): Promise<ReadEvent | undefined> {
  try {
    for await (const events of channel.read(options)) {
      const found = events.find(isWanted);
      if (found) return found;
    }
  } catch (error) {
    // A log that ends before the position does not have the event either.
    if (!isBackboneError(error, 'EB_ARGUMENT')) throw error;
  }
  return undefined;
}
