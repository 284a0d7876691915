import { BackboneError, isName } from '../core/index.js';
import type { PayloadOptions, PrivacyOptions } from './privacy.options.js';
import { unknownNames } from './unknown-names.js';

/**
 * Checks what an application says about payload stores and privacy, as far as it can be seen without them.
 *
 * @throws BackboneError `EB_OPTIONS` that names the option.
 */
export function checkPrivacy(payloads: PayloadOptions | undefined, privacy: PrivacyOptions | undefined): void {
  if (payloads !== undefined) checkPayloads(payloads);
  if (privacy === undefined) return;
  known('privacy', privacy, ['secret', 'keys', 'index', 'encrypt', 'tenant']);
  const { keys, index, encrypt, tenant } = privacy;
  if (keys !== undefined) checkKeys(keys);
  if (index !== undefined) checkStore('privacy.index', index);
  if (encrypt !== undefined && typeof encrypt !== 'boolean') throw refused('privacy.encrypt', 'must be true or false');
  if (encrypt === true && keys === undefined) throw refused('privacy.encrypt', 'needs `privacy.keys`');
  if (tenant !== undefined && typeof tenant !== 'function') throw refused('privacy.tenant', 'must be a function');
}

function checkPayloads(payloads: PayloadOptions): void {
  known('payloads', payloads, ['stores', 'routes']);
  const { stores, routes } = payloads as Readonly<Record<keyof PayloadOptions, unknown>>;
  if (!isObject(stores)) throw refused('payloads.stores', 'must hold payload stores by name');
  for (const [name, store] of Object.entries(stores)) {
    if (!isName(name) || name.includes('+')) throw refused('payloads.stores', 'has a name that is not valid');
    checkStore(`payloads.stores.${name}`, store);
  }
  if (routes !== undefined && !Array.isArray(routes)) throw refused('payloads.routes', 'must be an array');
}

function checkKeys(keys: NonNullable<PrivacyOptions['keys']>): void {
  known('privacy.keys', keys, ['store', 'wrapping', 'cacheSize', 'cacheMs']);
  checkStore('privacy.keys.store', keys.store);
  const wrapping: unknown = keys.wrapping;
  const isWrapper =
    isObject(wrapping) && typeof wrapping['wrap'] === 'function' && typeof wrapping['unwrap'] === 'function';
  if (!isWrapper && !(isObject(wrapping) && isObject(wrapping['keys']))) {
    throw refused('privacy.keys.wrapping', 'must be { current, keys }, or an object with `wrap` and `unwrap`');
  }
  if (!isWrapper) known('privacy.keys.wrapping', wrapping, ['current', 'keys']);
  for (const name of ['cacheSize', 'cacheMs'] as const) {
    const value = keys[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw refused(`privacy.keys.${name}`, 'must be a whole number from 1');
  }
}

function checkStore(path: string, store: unknown): void {
  if (isObject(store) && ['put', 'get', 'erase', 'list', 'close'].every((name) => typeof store[name] === 'function'))
    return;
  throw refused(path, 'must be a payload store, for instance redisPayloadStore({ url })');
}

function known(path: string, object: unknown, names: readonly string[]): void {
  if (!isObject(object)) throw refused(path, 'must be an object');
  const unknown = unknownNames(object, names);
  if (unknown.length > 0) throw refused(path, `has no option ${unknown.join(', ')}; known here: ${names.join(', ')}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function refused(path: string, why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `EventBackboneModule: \`${path}\` ${why}`, { details: { path } });
}
