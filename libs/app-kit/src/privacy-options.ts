import { hkdfSync } from 'node:crypto';
import type { PrivacyOptions } from 'nest-event-backbone';
import type { PayloadStore } from 'nest-event-backbone/core';

/** Makes of one secret all that protects personal data: the secret of the pseudonyms, and the key around the keys in the store. */
export function privacyOptions(secret: string, store: PayloadStore): PrivacyOptions {
  const derived = (purpose: string) => new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32));
  const wrapping = { current: 'demo', keys: { demo: derived('wrapping') } };
  return { secret: derived('pseudonyms'), keys: { store, wrapping } };
}
