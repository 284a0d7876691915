import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import type { Codec } from './codec.js';
import { BackboneError } from './errors.js';
import type { ContractDefinition } from './event-definition.js';
import { jsonCodec } from './json-codec.js';
import type { Message } from './message.js';
import { checkedName } from './names.js';
import { innermost, personalCare } from './transformed-channel.js';

/** From where to where events are relayed. */
export interface RelayOptions {
  readonly from: Channel;
  readonly to: Channel;
  readonly stream: Stream;
  /** Where the events go. Default: the stream of the same name. */
  readonly target?: Stream;
  /** The group that remembers what has been relayed; relays to other targets need groups of their own. Default `relay`. */
  readonly group?: string;
  /** Where a new group begins. Default `beginning`. */
  readonly begin?: 'beginning' | 'end';
  /** The most events on their way at once. Default 100. */
  readonly batchSize?: number;
  /** The types to relay; all when absent. Others are passed over, and their fields not fetched. */
  readonly types?: readonly string[];
  /**
   * Makes what is sent for an event: by default the event as it is; nothing for one that is passed over. What it throws
   * makes a dead letter of the event, and `EB_OPTIONS` stops the relay.
   */
  readonly outgoing?: (message: Message) => Message | undefined;
  /**
   * The contracts of the stream, as `describeContract` gives them: they tell whose data its events hold. Needed where `to`
   * encrypts personal fields or keeps whose they are.
   */
  readonly contracts?: Iterable<ContractDefinition>;
  /** How the arguments of the stream are written. Default JSON. */
  readonly codec?: Codec;
}

/** Relay options with every default filled in. */
export type CheckedRelay = Required<Omit<RelayOptions, 'types'>> & Pick<RelayOptions, 'types'>;

/**
 * Checks the options of a relay and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS` for numbers that make no sense, for a stream that would be relayed to itself,
 *   without the contracts that `to` needs, and for secret arguments that `to` would not know by the name of the target;
 *   `EB_NAME` for names outside the grammar.
 */
export function checkedRelay(options: RelayOptions): CheckedRelay {
  const { from, to, stream, target = stream, group = 'relay', begin = 'beginning', batchSize = 100 } = options;
  const { types, outgoing = asItIs, contracts = [], codec = jsonCodec } = options;
  for (const { environment, contract } of [stream, target]) {
    checkedName('environment', environment);
    checkedName('contract name', contract);
  }
  checkedName('group name', group);
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw refused('batchSize must be a whole number from 1');
  if (types && types.length === 0) throw refused('`types` must name a type; leave it out to relay all');
  if (innermost(from) === innermost(to) && sameStream(stream, target)) {
    throw refused('a stream cannot be relayed to itself; name another channel, or another target');
  }
  checkCare(to, stream, target, contracts);
  return { from, to, stream, target, group, begin, batchSize, types, outgoing, contracts, codec };
}

function checkCare(to: Channel, stream: Stream, target: Stream, contracts: Iterable<ContractDefinition>): void {
  const { noted, encrypted } = personalCare(to);
  const own = [...contracts].filter(({ name }) => name === stream.contract);
  if (noted && own.length === 0) {
    throw refused(
      'the channel it would write to keeps whose data events hold, so that it can be erased; give the relay `contracts` ' +
        `with the contract "${stream.contract}", which tells`,
    );
  }
  if (encrypted && stream.contract !== target.contract && own.some(hasSecrets)) {
    throw refused(
      `the contract "${stream.contract}" has @Stored({ encrypted: true }) arguments, which are known by its name only; ` +
        'give the target the same contract',
    );
  }
}

function hasSecrets({ byType }: ContractDefinition): boolean {
  return [...byType.values()].some((event) => event.arguments.some(({ stored }) => stored?.encrypted === true));
}

function sameStream(a: Stream, b: Stream): boolean {
  return a.environment === b.environment && a.contract === b.contract;
}

function asItIs(message: Message): Message {
  return message;
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `relay: ${message}`, { details: { path: 'relay' } });
}
