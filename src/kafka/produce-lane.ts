import type { KafkaRecord } from './kafka-driver.js';
import { KafkaCallError, kafkaFailure } from './kafka-failure.js';
import { pauseMs } from './pause-ms.js';
import { recordBytes } from './record-bytes.js';

const MOST_BYTES = 128 * 1024;
const MOST_RECORDS = 1_000;
const LONGEST_PAUSE_MS = 1_000;

/** One attempt to append, seen from outside. */
export interface Sending {
  /** Nobody waits for the outcome any more, or somebody was told that nothing was sent: nothing may leave from now on. */
  readonly signal: AbortSignal;
  /** Whether something may have reached a server; set by who sends. */
  isWritten: () => boolean;
}

/** Appends records and resolves to their offsets. */
export type SendRecords = (records: readonly KafkaRecord[], sending: Sending) => Promise<readonly bigint[]>;

interface Call {
  readonly records: readonly KafkaRecord[];
  readonly bytes: number;
  readonly resolve: (offsets: readonly bigint[]) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
  flight?: Sending & { readonly abandon: () => void; waiting: number };
}

/**
 * Keeps the order of one topic's appends: one is on its way, and what is asked meanwhile travels together in the next.
 * What surely did not leave is sent again until its deadline.
 */
export class ProduceLane {
  readonly #send: SendRecords;
  readonly #waiting: Call[] = [];
  readonly #closing = new AbortController();
  #isFlying = false;

  constructor(send: SendRecords) {
    this.#send = send;
  }

  /** Appends; rejects by the deadline with what is known then. */
  append(records: readonly KafkaRecord[], timeoutMs: number): Promise<readonly bigint[]> {
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(call), timeoutMs);
      const ended = () => {
        clearTimeout(timer);
        call.isOver = true;
      };
      const call: Call = {
        records,
        bytes: records.reduce((sum, record) => sum + recordBytes(record), 0),
        isOver: false,
        resolve: (offsets) => {
          ended();
          resolve(offsets);
        },
        reject: (error) => {
          ended();
          reject(error instanceof Error ? error : new Error('the client failed', { cause: error }));
        },
      };
      this.#waiting.push(call);
      if (this.#isFlying) return;
      this.#isFlying = true;
      // What is asked in the same turn travels together.
      setImmediate(() => void this.#flyAll());
    });
  }

  /** Sends nothing more; what waits was not sent. */
  close(): void {
    this.#closing.abort();
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
  }

  async #flyAll(): Promise<void> {
    let attempt = 1;
    for (let calls = this.#next(); calls.length > 0; calls = this.#next()) {
      await this.#fly(calls);
      const again = calls.filter(({ isOver }) => !isOver);
      if (again.length === 0) {
        attempt = 1;
        continue;
      }
      this.#waiting.unshift(...again);
      await pauseMs(attempt, this.#closing.signal, LONGEST_PAUSE_MS);
      if (this.#closing.signal.aborted) this.close();
      attempt += 1;
    }
    this.#isFlying = false;
  }

  #next(): readonly Call[] {
    let bytes = 0;
    let records = 0;
    const taken: Call[] = [];
    while (this.#waiting[0]) {
      const [call] = this.#waiting;
      bytes += call.bytes;
      records += call.records.length;
      if (taken.length > 0 && (bytes > MOST_BYTES || records > MOST_RECORDS)) break;
      this.#waiting.shift();
      if (!call.isOver) taken.push(call);
    }
    return taken;
  }

  /** Ends all calls but those that did not leave. */
  async #fly(calls: readonly Call[]): Promise<void> {
    const abandoned = new AbortController();
    const flight = {
      signal: abandoned.signal,
      isWritten: () => false,
      abandon: () => abandoned.abort(),
      waiting: calls.length,
    };
    for (const call of calls) call.flight = flight;
    try {
      const offsets = await this.#send(
        calls.flatMap(({ records }) => records),
        flight,
      );
      let from = 0;
      for (const { resolve, records } of calls) resolve(offsets.slice(from, (from += records.length)));
    } catch (error) {
      const failure = kafkaFailure(error);
      if (failure === 'unsent') return;
      const isOfOne = failure === 'tooLarge' || failure === 'fatal';
      if (calls.length === 1 || !isOfOne) {
        for (const { reject } of calls) reject(error);
        return;
      }
      // One of them is at fault; the others must not suffer.
      for (const call of calls) if (!call.isOver) await this.#fly([call]);
    }
  }

  #expire(call: Call): void {
    const { flight } = call;
    const mayBeStored = flight?.isWritten() === true;
    call.reject(
      mayBeStored
        ? new KafkaCallError('unknown', 'no answer from Kafka in time')
        : new KafkaCallError('unsent', 'Kafka could not be reached in time'),
    );
    if (flight && ((flight.waiting -= 1) === 0 || !mayBeStored)) flight.abandon();
  }
}

function closed(): KafkaCallError {
  return new KafkaCallError('unsent', 'the producer is closed');
}
