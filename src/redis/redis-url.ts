import type { RedisOptions } from 'ioredis';
import { BackboneError } from '../core/index.js';

/**
 * Reads `redis://user:password@host:port/database`, or `rediss://` for TLS, as options of the client. The client's own
 * reading would let any setting stand in the URL's query, above those that keep an append from being stored twice.
 *
 * @throws BackboneError `EB_OPTIONS`, never with the URL, which may hold a password.
 */
export function redisUrlOptions(url: string): RedisOptions {
  if (!/^rediss?:\/\//i.test(url) || !URL.canParse(url)) throw malformed();
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const db = /^\/?(\d{0,9})$/.exec(pathname)?.[1];
  if (hostname === '' || db === undefined) throw malformed();
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    ...(port === '' ? {} : { port: Number(port) }),
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    ...(db === '' ? {} : { db: Number(db) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    ...family(searchParams),
  };
}

function family(query: URLSearchParams): RedisOptions {
  const value = query.get('family') ?? '0';
  if ([...query.keys()].some((name) => name !== 'family') || !['0', '4', '6'].includes(value)) {
    throw new BackboneError(
      'EB_OPTIONS',
      'the query of the url may hold family=0, 4 or 6 only; give other settings as options',
    );
  }
  return query.has('family') ? { family: Number(value) } : {};
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed();
  }
}

function malformed(): BackboneError {
  return new BackboneError('EB_OPTIONS', 'the url is not of the form redis://user:password@host:port/database');
}
