import type { Channel, Stream } from './channel.js';
import { BackboneError } from './errors.js';
import { checkedName } from './names.js';

/** From where to where events are relayed. */
export interface RelayOptions {
  readonly from: Channel;
  readonly to: Channel;
  readonly stream: Stream;
  /** Where the events go. Default: the stream of the same name. */
  readonly target?: Stream;
  /** The group that remembers what has been relayed. Default `relay`. */
  readonly group?: string;
  /** Where a new group begins. Default `beginning`. */
  readonly begin?: 'beginning' | 'end';
  /** The most events on their way at once. Default 100. */
  readonly batchSize?: number;
}

/** Relay options with every default filled in. */
export type CheckedRelay = Required<RelayOptions>;

/**
 * Checks the options of a relay and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS` for numbers that make no sense, and for a stream that would be relayed to itself;
 *   `EB_NAME` for names outside the grammar.
 */
export function checkedRelay(options: RelayOptions): CheckedRelay {
  const { from, to, stream, target = stream, group = 'relay', begin = 'beginning', batchSize = 100 } = options;
  for (const { environment, contract } of [stream, target]) {
    checkedName('environment', environment);
    checkedName('contract name', contract);
  }
  checkedName('group name', group);
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw refused('batchSize must be a whole number from 1');
  if (from === to && stream.environment === target.environment && stream.contract === target.contract) {
    throw refused('a stream cannot be relayed to itself; name another channel, or another target');
  }
  return { from, to, stream, target, group, begin, batchSize };
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `relay: ${message}`, { details: { path: 'relay' } });
}
