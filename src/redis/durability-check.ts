import type { Cluster } from 'ioredis';
import { BackboneError } from '../core/index.js';
import type { CheckedDurability } from './durability.js';
import type { StreamKeys } from './keys.js';
import type { RedisClient } from './open-client.js';
import type { RedisConnection } from './redis-connection.js';
import { failureKind, failureReason, type FailureKind } from './redis-failure.js';
import { STAGE } from './scripts/append.js';
import { sendScript } from './scripts/script.js';

// The mark is only there to be replicated; nobody reads it.
const MARKED_FOR_MS = 60_000;
const PASSING: ReadonlySet<FailureKind> = new Set(['unsent', 'unknown', 'refused']);
const AOF_OFF = "the server's AOF is off; nothing was stored, set appendonly yes there or choose another durability";

/** Holds appends to a durability: asks each new connection whether it can be had there, and confirms what was sent. */
export class DurabilityCheck {
  readonly connection: RedisConnection;
  readonly #durability: CheckedDurability;
  #asked = false;
  #connects = 0;

  constructor(connection: RedisConnection, durability: CheckedDurability) {
    this.connection = connection;
    this.#durability = durability;
    const askAgain = () => {
      this.#asked = durability === 'memory';
      this.#connects += 1;
    };
    askAgain();
    // Behind the same address there may be another server now.
    connection.client.on('ready', askAgain).on('+node', askAgain);
  }

  /** True until {@link ask} has found nothing wrong with this connection. */
  get mustAsk(): boolean {
    return !this.#asked;
  }

  /** True when what is sent waits on its connection for {@link confirm}. */
  get confirms(): boolean {
    return typeof this.#durability !== 'string';
  }

  /** Asks the server whether it offers the durability; returns why not. Nothing was stored then. */
  async ask(): Promise<BackboneError | undefined> {
    const connects = this.#connects;
    try {
      await this.#probe(this.connection.client);
    } catch (error) {
      if (error instanceof BackboneError && !PASSING.has(failureKind(error))) return error;
      const reason = `the server could not be asked for its durability: ${failureReason(error)}`;
      if (PASSING.has(failureKind(error))) return new BackboneError('EB_NOT_STORED', reason);
      return new BackboneError('EB_CHANNEL', `${reason}; nothing was stored, check the user's rights`);
    }
    this.#asked = connects === this.#connects;
    return undefined;
  }

  /**
   * Resolves when everything that was sent on this connection before is as durable as it should be. Absent where the
   * reply of an append says enough.
   *
   * @throws BackboneError `EB_OUTCOME_UNKNOWN`, whatever went wrong: the appends were carried out.
   */
  confirm(keys: StreamKeys): Promise<void> | undefined {
    if (!this.confirms) return undefined;
    const confirmed = this.#confirm(keys);
    // Nobody listens when every append has failed already.
    confirmed.catch(() => undefined);
    return confirmed;
  }

  async #confirm(keys: StreamKeys): Promise<void> {
    const { client } = this.connection;
    try {
      // WAIT need only wait for the last write of its own connection, and an append that is stored already writes nothing:
      // repeated after a reconnect, it would count as confirmed at once.
      const marked = sendScript(client, STAGE, 'text', [1, `${keys.stream}:confirmed`, MARKED_FOR_MS]);
      const [, missing] = await Promise.all([this.connection.within(marked), this.#wait(client)]);
      if (missing !== '') throw new BackboneError('EB_OUTCOME_UNKNOWN', missing);
    } catch (error) {
      if (error instanceof BackboneError && error.code === 'EB_OUTCOME_UNKNOWN') throw error;
      throw new BackboneError('EB_OUTCOME_UNKNOWN', `durability was not confirmed: ${failureReason(error)}`);
    }
  }

  /** Says what is missing; nothing when all is well. */
  async #wait(client: RedisClient): Promise<string> {
    const durability = this.#durability;
    if (typeof durability === 'string') return '';
    const { timeoutMs } = durability;
    if (durability.kind === 'replicated') {
      const { min } = durability;
      const replicas = await this.connection.within(client.wait(min, timeoutMs), timeoutMs);
      return replicas >= min ? '' : `${replicas} of ${min} replicas confirmed in time`;
    }
    const disks = Number(durability.local);
    const [local, replicas] = await this.#waitAof(client, disks, durability.replicas, timeoutMs);
    if (local >= disks && replicas >= durability.replicas) return '';
    return `${local} of ${disks} own disks and ${replicas} of ${durability.replicas} replicas' disks confirmed in time`;
  }

  async #waitAof(client: RedisClient, local: number, replicas: number, timeoutMs: number): Promise<[number, number]> {
    const reply = client.call('WAITAOF', local, replicas, timeoutMs);
    const [own, theirs] = (await this.connection.within(reply, timeoutMs)) as readonly unknown[];
    return [Number(own), Number(theirs)];
  }

  async #probe(client: RedisClient): Promise<void> {
    const durability = this.#durability;
    if (durability === 'memory') return;
    if (durability === 'aof') return this.#probeAof(client);
    try {
      if (durability.kind === 'replicated') await this.connection.within(client.wait(0, 1));
      else await this.#waitAof(client, Number(durability.local), 0, 1);
    } catch (error) {
      const text = error instanceof Error ? error.message : '';
      // The append itself will be refused there, and that makes the client look for the primary.
      if (text.includes('replica instances')) return;
      if (/unknown command/i.test(text)) {
        const remedy = 'use Redis 7.2 or newer, or replicated()';
        throw new BackboneError('EB_UNSUPPORTED', `the server has no WAITAOF; nothing was stored, ${remedy}`);
      }
      if (text.includes('appendonly is disabled')) throw new BackboneError('EB_CHANNEL', AOF_OFF);
      throw error;
    }
  }

  /** Refuses only where a server says that it is off: one that does not let us look is said to be so elsewhere. */
  async #probeAof(client: RedisClient): Promise<void> {
    // Any node of a cluster may come to have the stream, and one that is away is asked when it is back.
    const nodes = client.isCluster ? (client as Cluster).nodes() : [client];
    const infos = await Promise.all(
      nodes.map((node) =>
        this.connection.within(node.info('persistence')).catch((error: unknown) => {
          if (!client.isCluster && PASSING.has(failureKind(error))) throw error;
          return '';
        }),
      ),
    );
    if (infos.some((info) => /^aof_enabled:0/m.test(info))) throw new BackboneError('EB_CHANNEL', AOF_OFF);
  }
}
