import type { GroupMember, PartitionOffset } from './kafka-driver.js';
import { KafkaCallError } from './kafka-failure.js';
import { KafkajsMembership, type MembershipOf } from './kafkajs-membership.js';
import { pauseMs } from './pause-ms.js';
import { StickyAssigner } from './sticky-assigner.js';

const LEAVING_MS = 2_000;

/** Joins a group again and again until it is closed; each failure ends a life, and the next one begins after a pause. */
export class KafkajsMember implements GroupMember {
  readonly #of: MembershipOf;
  readonly #paused = new Set<number>();
  readonly #closing = new AbortController();
  readonly #onClosed: () => void;
  readonly #over: Promise<void>;
  #life: KafkajsMembership | undefined;

  constructor(of: Omit<MembershipOf, 'paused' | 'sticky'>, onClosed: () => void) {
    this.#of = { ...of, paused: this.#paused, sticky: new StickyAssigner(() => of.listener.handling) };
    this.#onClosed = onClosed;
    this.#over = this.#live();
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (!this.#life) throw new KafkaCallError('refused', 'the member is not in its group now');
    if (offsets.length > 0) await this.#life.commit(offsets);
  }

  pause(partition: number): void {
    this.#paused.add(partition);
    this.#life?.pause(partition);
  }

  resume(partition: number): void {
    this.#paused.delete(partition);
    this.#life?.resume(partition);
  }

  seek(partition: number, offset: bigint): void {
    this.#life?.seek(partition, offset);
  }

  async close(timeoutMs: number): Promise<void> {
    const isFirst = !this.#isClosing();
    this.#closing.abort();
    if (isFirst) await this.#life?.end(timeoutMs);
    await this.#over;
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  async #live(): Promise<void> {
    const { listener } = this.#of;
    // Whoever called has no member yet to answer with.
    await Promise.resolve();
    for (let attempt = 1; !this.#isClosing(); attempt += 1) {
      const life = new KafkajsMembership(this.#of);
      this.#life = life;
      const error = await life.live();
      this.#life = undefined;
      listener.revoked();
      if (this.#isClosing()) break;
      listener.failed(error, false);
      await life.end(LEAVING_MS);
      if (life.hasJoined) attempt = 1;
      await pauseMs(attempt, this.#closing.signal);
    }
    this.#onClosed();
  }
}
