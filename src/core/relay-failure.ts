import type { Channel } from './channel.js';
import { BackboneError, isBackboneError, type ErrorCode } from './errors.js';
import type { Message } from './message.js';
import { personalCare } from './transformed-channel.js';

/** What a refusal of the target tells about further tries: the event itself can never be stored, or nothing can. */
export type RelayFailure = 'event' | 'relay' | 'passing';

const EVENT: readonly ErrorCode[] = ['EB_ARGUMENT', 'EB_NAME', 'EB_TOO_LARGE'];
const RELAY: readonly ErrorCode[] = ['EB_CLOSED', 'EB_OPTIONS', 'EB_UNSUPPORTED'];
/** These may be about one event of several, or about how much they are together. */
const APART: readonly ErrorCode[] = [...EVENT, 'EB_BACKPRESSURE', 'EB_CHANNEL'];

/** Tells what a failure of an append means for a relay. What nobody knows is tried again: nothing is lost by that. */
export function relayFailure(error: unknown): RelayFailure {
  if (isOneOf(error, EVENT)) return 'event';
  return isOneOf(error, RELAY) ? 'relay' : 'passing';
}

/** Tells whether events that were refused together may be stored one by one. */
export function helpsApart(error: unknown): boolean {
  return isOneOf(error, APART);
}

/**
 * Lets personal data go only to where it can be erased, or is encrypted so that its key can be.
 *
 * @throws BackboneError `EB_UNSUPPORTED`
 */
export function checkErasable(to: Channel, { type, personal }: Pick<Message, 'type' | 'personal'>): void {
  if (personal.length === 0 || to.supports.erase || personalCare(to).encrypted) return;
  throw new BackboneError(
    'EB_UNSUPPORTED',
    `${type} has personal fields, and the channel it would be relayed to cannot erase; encrypt it there, relay to a ` +
      'channel that can, or take the personal data out of the event',
    { details: { missing: ['erase'] } },
  );
}

function isOneOf(error: unknown, codes: readonly ErrorCode[]): boolean {
  return isBackboneError(error) && codes.includes(error.code);
}
