/** A promise that is settled from outside; a rejection that nobody waits for is not an error. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly isSettled: () => boolean;
}

/** Makes a promise that is settled by whoever holds it. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  let isSettled = false;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = (value) => {
      isSettled = true;
      fulfil(value);
    };
    reject = (error) => {
      isSettled = true;
      fail(error instanceof Error ? error : new Error('it failed', { cause: error }));
    };
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject, isSettled: () => isSettled };
}
