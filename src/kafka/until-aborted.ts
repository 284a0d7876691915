import { KafkaCallError } from './kafka-failure.js';

/** Waits for a call until nobody is interested any more; what becomes of it then is not looked at. */
export async function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new KafkaCallError('unknown', 'no answer from Kafka in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Either may reject after the other has won.
    call.catch(() => undefined);
    aborted.catch(() => undefined);
  }
}
