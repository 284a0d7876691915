import { createHmac, hkdfSync } from 'node:crypto';
import { BackboneError, type Stream } from '../core/index.js';
import { BoundedCache } from './bounded-cache.js';

const LEAST_BYTES = 16;

/**
 * Gives people and events names that tell nothing about them: HMAC-SHA256 under a secret, in base64url. Stores are keyed by
 * these, so that no store holds a person's own name.
 */
export class Pseudonyms {
  readonly #secret: Uint8Array;
  readonly #known: BoundedCache<string>;

  /** @throws BackboneError `EB_OPTIONS` for a secret that is too short. */
  constructor(secret: string | Uint8Array, cacheSize = 1_000, cacheMs = 60_000) {
    this.#secret = derivedSecret(secret, 'pseudonyms');
    this.#known = new BoundedCache(cacheSize, cacheMs, Date.now);
  }

  /** The name of a data subject of a tenant. */
  ofSubject(tenant: string, subject: string): string {
    const text = `${tenant.length}:${tenant}${subject}`;
    let known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, (known = this.#of('subject', text)));
    return known;
  }

  /** The name of an event, under which the key of its fields is kept that belong to nobody. */
  ofEvent({ environment, contract }: Stream, eventId: string): string {
    return this.#of('event', `${environment}\n${contract}\n${eventId}`);
  }

  /** A value that only this secret gives, to recognise it by. */
  get check(): string {
    return this.#of('check', '');
  }

  #of(kind: string, text: string): string {
    return createHmac('sha256', this.#secret).update(`${kind}\n${text}`).digest('base64url');
  }
}

/**
 * Derives a secret for one purpose from the application's own.
 *
 * @throws BackboneError `EB_OPTIONS` for a secret that is too short.
 */
export function derivedSecret(secret: string | Uint8Array, purpose: string): Uint8Array {
  const bytes: unknown = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (bytes instanceof Uint8Array && bytes.byteLength >= LEAST_BYTES) {
    return new Uint8Array(hkdfSync('sha256', bytes, '', `nest-event-backbone:${purpose}`, 32));
  }
  throw new BackboneError(
    'EB_OPTIONS',
    `\`privacy.secret\` must be a text or bytes of at least ${LEAST_BYTES}; make one with \`openssl rand -base64 32\``,
    { details: { path: 'privacy.secret' } },
  );
}
