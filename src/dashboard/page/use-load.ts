import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './api.js';

/** What was asked for, as far as it has come. */
export interface Loaded<T> {
  /** The latest answer; it stays while the next one is awaited. */
  readonly value: T | undefined;
  readonly failure: ApiError | undefined;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

const RETRY_MS = 2_000;

/**
 * Asks when a component appears and whenever `key` changes, and again by itself while the server is away. The answer to
 * another key is never shown. A change of `fresh` asks anew, and what is there stays until the answer is.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, fresh?: unknown): Loaded<T> {
  const [asked, setAsked] = useState(0);
  const [{ answered, ...state }, setState] = useState<Answer<T>>({ answered: key, value: undefined });
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    load(ending.signal).then(
      (value) => {
        if (!ending.signal.aborted) setState({ answered: key, asked, value });
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        const failure = error instanceof ApiError ? error : new ApiError('the page failed', -1, 'page');
        // What was there stays to be read while the server is away.
        setState((before) => ({
          ...{ answered: key, asked, failure },
          value: failure.isAway && before.answered === key ? before.value : undefined,
        }));
        if (failure.isAway) timer = setTimeout(() => setAsked((times) => times + 1), RETRY_MS);
      },
    );
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [key, asked, fresh]);
  const isOwn = answered === key;
  return {
    value: isOwn ? state.value : undefined,
    failure: isOwn ? state.failure : undefined,
    isLoading: !isOwn || state.asked !== asked,
    reload: () => setAsked((times) => times + 1),
  };
}

interface Answer<T> {
  readonly answered: string;
  /** Which asking it answers; absent before the first. */
  readonly asked?: number;
  readonly value: T | undefined;
  readonly failure?: ApiError;
}
