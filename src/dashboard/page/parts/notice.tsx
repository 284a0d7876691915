import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api.js';
import type { Loaded } from '../use-load.js';

/** Stands where something else would: nothing there, not yet, or not at all. */
export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <p class="notice-title">{title}</p>
      {children !== undefined && <div class="notice-more">{children}</div>}
    </div>
  );
}

/** Shows what is loading, or why it could not be loaded. */
export function LoadNotice({ of, what }: { of: Loaded<unknown>; what: string }) {
  if (of.failure) return <Failed error={of.failure} what={what} retry={of.reload} />;
  return (
    <div class="notice" role="status">
      <span class="spinner" aria-hidden="true" /> Loading {what}…
    </div>
  );
}

/** Says why something could not be had. */
export function Failed({ error, what, retry }: { error: ApiError; what: string; retry?: () => void }) {
  return (
    <div class="notice notice-failed" role="alert">
      <p class="notice-title">{titleOf(error, what)}</p>
      <p class="notice-more">{error.message}</p>
      {error.isAway ? (
        <p class="notice-more">It is asked again by itself.</p>
      ) : (
        retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

function titleOf({ status, isAway }: ApiError, what: string): string {
  if (isAway) return `The server of the ${what} is away`;
  if (status === 401 || status === 403) return `You may not see the ${what}`;
  if (status === 404) return `There is no such thing among the ${what}`;
  return `The ${what} could not be loaded`;
}
