import { BackboneError } from '../core/index.js';

/**
 * What the server must have done with an append before it resolves. `memory`: the primary has it. `aof`: the primary
 * also writes it to its append-only file, so that a crash loses about the last second at most, or nothing, as its
 * `appendfsync` says. {@link replicated} and {@link fsynced} wait for each append. None of them makes Redis a consensus
 * system: a failover to a replica that was not among those that confirmed can still lose it.
 */
export type Durability = 'memory' | 'aof' | Replicated | Fsynced;

/** What {@link replicated} makes. */
export interface Replicated {
  readonly kind: 'replicated';
  /** How many replicas must have it. */
  readonly min: number;
  /** How long to wait for them before the append is sent again. Default 1,000, at most `publishTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** What {@link fsynced} makes. */
export interface Fsynced {
  readonly kind: 'fsynced';
  /** Whether it must be on the primary's disk. Default true. */
  readonly local?: boolean;
  /** On how many replicas' disks it must be. Default 0. */
  readonly replicas?: number;
  /** How long to wait for them before the append is sent again. Default 1,000, at most `publishTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** The mode with every default filled in. */
export type CheckedDurability = 'memory' | 'aof' | Required<Replicated> | Required<Fsynced>;

const DEFAULT_TIMEOUT_MS = 1_000;
// More than anyone has; a larger number is a mistake.
const MOST_REPLICAS = 1_000;
const PROPERTIES = { replicated: ['kind', 'min', 'timeoutMs'], fsynced: ['kind', 'local', 'replicas', 'timeoutMs'] };

/**
 * Lets an append resolve only when so many replicas have it in memory (`WAIT`). With fewer it is repeated until
 * `publishTimeoutMs` and then rejects with `EB_OUTCOME_UNKNOWN`. Not with a cluster.
 */
export function replicated(settings: Omit<Replicated, 'kind'>): Replicated {
  return Object.freeze({ ...settings, kind: 'replicated' });
}

/**
 * Lets an append resolve only when it is on the disk of the primary, of replicas, or both (`WAITAOF`, Redis 7.2 or
 * newer). Without that many confirmations it is repeated until `publishTimeoutMs` and then rejects with
 * `EB_OUTCOME_UNKNOWN`. Not with a cluster.
 */
export function fsynced(settings: Omit<Fsynced, 'kind'> = {}): Fsynced {
  return Object.freeze({ ...settings, kind: 'fsynced' });
}

/** Tells whether each append waits on its connection, so that nothing else should be sent there. */
export function waits(durability: CheckedDurability): durability is Required<Replicated> | Required<Fsynced> {
  return typeof durability !== 'string';
}

/**
 * Checks the mode and fills in its defaults.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function checkedDurability(
  durability: Durability | undefined,
  { publishTimeoutMs, isCluster }: { readonly publishTimeoutMs: number; readonly isCluster: boolean },
): CheckedDurability {
  if (durability === undefined || durability === 'memory' || durability === 'aof') return durability ?? 'memory';
  checkShape(durability);
  const { kind, timeoutMs = Math.min(DEFAULT_TIMEOUT_MS, Math.max(1, Math.floor(publishTimeoutMs))) } = durability;
  if (isCluster) {
    throw refused(
      `${kind}() does not work with a cluster, where it cannot be sent to the node that has the stream; ` +
        "use 'aof', or the servers' min-replicas-to-write",
    );
  }
  checkWhole(`${kind}() timeoutMs`, timeoutMs, 1, Math.max(1, publishTimeoutMs));
  if (durability.kind === 'replicated') {
    checkWhole('replicated() min', durability.min, 1, MOST_REPLICAS);
    return { kind: 'replicated', min: durability.min, timeoutMs };
  }
  const { local = true, replicas = 0 } = durability;
  if (typeof local !== 'boolean') throw refused('fsynced() local must be true or false');
  checkWhole('fsynced() replicas', replicas, 0, MOST_REPLICAS);
  if (!local && replicas === 0) throw refused('fsynced() waits for no disk; set local, or replicas from 1');
  return { kind: 'fsynced', local, replicas, timeoutMs };
}

/** Types do not hold for plain JavaScript and for settings that were read from a file. */
function checkShape(durability: unknown): asserts durability is Replicated | Fsynced {
  const given: object = typeof durability === 'object' && durability !== null ? durability : {};
  const kind = 'kind' in given ? given.kind : undefined;
  if (kind !== 'replicated' && kind !== 'fsynced') {
    throw refused("durability must be 'memory', 'aof', replicated({ min }) or fsynced({ local, replicas })");
  }
  const unknown = Object.keys(given).filter((name) => !PROPERTIES[kind].includes(name));
  if (unknown.length > 0) throw refused(`${kind}() has no setting "${unknown.join('", "')}"`);
}

function checkWhole(what: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  const got = typeof value === 'number' ? String(value) : typeof value;
  throw refused(`${what} must be a whole number from ${least} to ${most}, got ${got}`);
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message, { details: { path: 'durability' } });
}
