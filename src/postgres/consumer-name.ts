import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** Makes a consumer's name that tells who it is when somebody looks, and is unique. */
export function consumerName(): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 60);
  return `${host}-${process.pid}-${randomUUID().slice(0, 8)}`;
}
