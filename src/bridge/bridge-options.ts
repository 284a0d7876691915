import {
  BackboneError,
  checkedName,
  innermost,
  type ContractDefinition,
  type Message,
  type RelayOptions,
} from '../core/index.js';
import { placeText, type BridgeEnd } from './place.js';

/** From where to where a bridge copies events, and which. */
export interface BridgeOptions extends Pick<RelayOptions, 'begin' | 'batchSize' | 'types' | 'codec'> {
  readonly from: BridgeEnd;
  /** Environment and contract are those of `from` unless they are named. */
  readonly to: Pick<BridgeEnd, 'channel'> & Partial<BridgeEnd>;
  /**
   * `keep`: a copy has the id of its event. `renew`: it has one of its own, which is made from the event's origin, so that
   * copying again adds nothing. Default `keep`.
   */
  readonly identity?: 'keep' | 'renew';
  /** The group that remembers what has been copied. Needed with `types` or `where`; default: `bridge-to-` and the target. */
  readonly group?: string;
  /** Copies those events only that it returns true for. What it throws makes a dead letter of the event. */
  readonly where?: (message: Message) => boolean;
  /**
   * The contracts of the stream, as `describeContract` gives them: they tell whose data its events hold. Needed where `to`
   * encrypts personal fields or keeps whose they are.
   */
  readonly contracts?: Iterable<ContractDefinition>;
}

/** Bridge options with every default filled in. */
export interface CheckedBridge {
  readonly from: BridgeEnd;
  readonly to: BridgeEnd;
  readonly renews: boolean;
  readonly group: string;
}

/**
 * Checks what the options of a bridge say beyond those of a relay, and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS`, `EB_NAME`
 */
export function checkedBridge({ from, to: target, ...options }: BridgeOptions): CheckedBridge {
  const to = { environment: from.environment, contract: from.contract, ...target };
  for (const { environment, contract, server } of [from, to]) {
    checkedName('environment', environment);
    checkedName('contract name', contract);
    if (server !== undefined) checkedName('server name', server);
  }
  const { identity = 'keep', types, where } = options;
  if (!['keep', 'renew'].includes(identity)) throw refused('`identity` must be "keep" or "renew"');
  if (where !== undefined && typeof (where as unknown) !== 'function') throw refused('`where` must be a function');
  const isOneChannel = innermost(from.channel) === innermost(to.channel);
  if (isOneChannel && from.server !== to.server) {
    throw refused('both ends are on one channel and name another `server`; give both the same name, or neither one');
  }
  if (!isOneChannel && (from.server === undefined || to.server === undefined)) {
    throw refused('name the `server` of both ends, so that copies tell where they have been');
  }
  if (placeText(from) === placeText(to)) throw refused(`${placeText(from)} would be copied to itself`);
  if (options.group === undefined && (types ?? where)) {
    throw refused(
      'give a bridge with `types` or `where` a `group` of its own: another one would miss what it passes over',
    );
  }
  checkTypes(from.contract, types, options.contracts);
  return { from, to, renews: identity === 'renew', group: options.group ?? `bridge-to-${groupPart(to)}` };
}

function groupPart({ server, environment, contract }: BridgeEnd): string {
  return [...(server === undefined ? [] : [server]), environment, contract].join('.');
}

/** A name that was mistyped would copy nothing, and say nothing. */
function checkTypes(
  contract: string,
  types: readonly string[] | undefined,
  contracts: Iterable<ContractDefinition> = [],
): void {
  const own = [...contracts].filter(({ name }) => name === contract);
  if (!types || own.length === 0) return;
  const unknown = types.filter((type) => !type.startsWith('$') && !own.some(({ readable }) => readable.has(type)));
  if (unknown.length > 0) {
    throw refused(`\`types\` names ${unknown.join(', ')}, which the contract "${contract}" does not have`);
  }
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `bridge: ${message}`, { details: { path: 'bridge' } });
}
