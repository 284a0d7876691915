import { createHash } from 'node:crypto';
import {
  BackboneError,
  checkedName,
  reportConsumer,
  type ConsumeContext,
  type Middleware,
  type PayloadKey,
  type PayloadStore,
} from '../core/index.js';

/** Where handled events are remembered, and for how long. */
export interface DeduplicateOptions {
  /** Must be shared by all consumers of the group, and outlive them. It stays yours and open. */
  readonly store: PayloadStore;
  /** How long an event is remembered. Default 24 hours; longer than it may take until it is handed out again. */
  readonly ttlMs?: number;
  /** Whose effects these are, where that is not the consumer's group: groups of one name here share their marks. */
  readonly group?: string;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const HANDLED = Uint8Array.of(1);

/**
 * Skips an event that was handled before: a mark in a store says so, and is put when the handler has succeeded. So an
 * event that is delivered again, because its settlement was lost or its stream was reset, has no second effect.
 *
 * Not promised is exactly once. The handler runs again when the process ends between its effect and the mark, when the
 * mark could not be written (diagnostic `settleFailed`), when the mark is older than `ttlMs`, and when two consumers have
 * the event at the same time. An effect that must never happen twice belongs into one transaction with its checkpoint.
 *
 * Stands inside `retry`: while the store cannot be asked, the event waits there without spending an attempt.
 *
 * @throws BackboneError `EB_OPTIONS` for a time that is no whole number from 1, `EB_NAME` for a group that is no name.
 */
export function deduplicate({ store, ttlMs = DAY_MS, group }: DeduplicateOptions): Middleware {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    const message = `deduplicate.ttlMs must be a whole number from 1, got ${String(ttlMs)}`;
    throw new BackboneError('EB_OPTIONS', message, { details: { path: 'ttlMs' } });
  }
  if (group !== undefined) checkedName('group', group);

  const once: Middleware = async (context, next) => {
    if (context.stage === 'produce') return next();
    const mark = markOf(context, group ?? context.group);
    if (await isHandled(store, mark)) {
      context.skip();
      return;
    }
    await next();
    if (context.skipped) return;
    try {
      await store.put([{ ...mark, value: HANDLED }], { ifAbsent: true, ttlMs });
    } catch (error) {
      // The effect is there: failing now would only repeat it.
      report(context, error);
    }
  };
  return Object.assign(once, { quiet: true });
}

/** Names may be as long as a field's name can be, so that a digest must stand for all three. */
function markOf({ id, stream }: ConsumeContext, group: string): PayloadKey {
  const whose = `${stream.environment}/${stream.contract}/${group}`;
  return { eventId: id, field: `handled-${createHash('sha256').update(whose).digest('base64url')}` };
}

async function isHandled(store: PayloadStore, mark: PayloadKey): Promise<boolean> {
  try {
    const [value] = await store.get([mark]);
    return value !== undefined;
  } catch (cause) {
    const message = 'the store of handled events could not be asked, and the handler did not run; check the store';
    throw new BackboneError('EB_NOT_STORED', message, { cause });
  }
}

function report(context: ConsumeContext, error: unknown): void {
  const { channel, stream, group, id: eventId, type, attempt, fields } = context;
  reportConsumer({ kind: 'settleFailed', channel, stream, group, eventId, type, attempt, error }, fields);
}
