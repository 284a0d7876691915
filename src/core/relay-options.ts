import type { Channel, Stream } from './channel.js';
import type { Codec } from './codec.js';
import { BackboneError } from './errors.js';
import type { ContractDefinition } from './event-definition.js';
import { jsonCodec } from './json-codec.js';
import { checkedName } from './names.js';
import { personalCare } from './transformed-channel.js';

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
  /**
   * The contracts of the stream, as `describeContract` gives them: they tell whose data its events hold. Needed where `to`
   * encrypts personal fields or keeps whose they are.
   */
  readonly contracts?: Iterable<ContractDefinition>;
  /** How the arguments of the stream are written. Default JSON. */
  readonly codec?: Codec;
}

/** Relay options with every default filled in. */
export type CheckedRelay = Required<RelayOptions>;

/**
 * Checks the options of a relay and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS` for numbers that make no sense, for a stream that would be relayed to itself, and
 *   without the contracts that `to` needs; `EB_NAME` for names outside the grammar.
 */
export function checkedRelay(options: RelayOptions): CheckedRelay {
  const { from, to, stream, target = stream, group = 'relay', begin = 'beginning', batchSize = 100 } = options;
  const { contracts = [], codec = jsonCodec } = options;
  for (const { environment, contract } of [stream, target]) {
    checkedName('environment', environment);
    checkedName('contract name', contract);
  }
  checkedName('group name', group);
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw refused('batchSize must be a whole number from 1');
  if (from === to && stream.environment === target.environment && stream.contract === target.contract) {
    throw refused('a stream cannot be relayed to itself; name another channel, or another target');
  }
  if (personalCare(to).noted && ![...contracts].some(({ name }) => name === stream.contract)) {
    throw refused(
      'the channel it would write to keeps whose data events hold, so that it can be erased; give the relay `contracts` ' +
        `with the contract "${stream.contract}", which tells`,
    );
  }
  return { from, to, stream, target, group, begin, batchSize, contracts, codec };
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `relay: ${message}`, { details: { path: 'relay' } });
}
