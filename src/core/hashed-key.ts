import { createHmac } from 'node:crypto';

/** Returns the ordering key of what `@Key({ hashed: true })` selects: HMAC-SHA256 under the secret, as base64url. */
export function hashedKey(key: string | number | bigint, secret: string | Uint8Array): string {
  return createHmac('sha256', secret).update(String(key)).digest('base64url');
}
