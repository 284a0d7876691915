import { kafkaErrorType } from './kafka-failure.js';

/** What a sign of life, or its failure, can tell. */
export interface HeartbeatListener {
  /** The group is being shared out anew. */
  sign(error: unknown): void;
  /** The group does not know this member any more. */
  expelled(error: unknown): void;
  /** The coordinator has not answered for too long. */
  lost(error: unknown): void;
}

/** Gives signs of life while handlers run: kafkajs itself gives them only between batches. */
export class KafkajsHeartbeat {
  readonly #patienceMs: number;
  readonly #listener: HeartbeatListener;
  readonly #timer: NodeJS.Timeout;
  #beat: (() => Promise<void>) | undefined;
  #failingSince: number | undefined;
  #isStopped = false;

  constructor(everyMs: number, patienceMs: number, listener: HeartbeatListener) {
    this.#patienceMs = patienceMs;
    this.#listener = listener;
    this.#timer = setInterval(() => void this.#tick(), everyMs);
    this.#timer.unref();
  }

  /** Takes over what kafkajs gives to a batch; it stays good for the whole life of a consumer. */
  by(beat: () => Promise<void>): void {
    this.#beat = beat;
  }

  succeeded(): void {
    this.#failingSince = undefined;
  }

  /** Says what a failed call to the coordinator means. */
  failed(error: unknown): void {
    if (this.#isStopped) return;
    const type = kafkaErrorType(error);
    if (type === 'UNKNOWN_MEMBER_ID') {
      this.#listener.expelled(withType(error));
    } else if (type === 'REBALANCE_IN_PROGRESS') {
      this.#listener.sign(withType(error));
    } else {
      this.#failingSince ??= performance.now();
      // kafkajs looks for the coordinator again only in a new life.
      if (performance.now() - this.#failingSince >= this.#patienceMs) this.#listener.lost(error);
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    if (this.#beat === undefined) return;
    try {
      await this.#beat();
      this.succeeded();
    } catch (error) {
      this.failed(error);
    }
  }
}

/** kafkajs knows what to do by the innermost error only. */
function withType(error: unknown): unknown {
  let inner = error;
  while (inner instanceof Error && !('type' in inner) && inner.cause instanceof Error) inner = inner.cause;
  return inner;
}
