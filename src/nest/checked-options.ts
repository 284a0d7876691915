import { BackboneError, checkedName, checkedRetention, type Channel, type ConsumerSettings } from '../core/index.js';
import { retry } from '../middleware/retry.js';
import { checkPrivacy } from './checked-privacy.js';
import type { EventBackboneOptions } from './event-backbone.options.js';
import { unknownNames } from './unknown-names.js';

/** A connection's options after the start-up checks, defaults filled in. */
export type CheckedOptions = EventBackboneOptions &
  Required<Pick<EventBackboneOptions, 'environment' | 'source' | 'consumers' | 'middleware' | 'shutdownTimeoutMs'>>;

/**
 * Checks the options of a connection and fills in defaults.
 *
 * @throws BackboneError `EB_OPTIONS` that names the option, `EB_NAME` for names outside the grammar, `EB_UNSUPPORTED`
 *   for a channel that cannot do what `requires` names.
 */
export function checkedOptions(options: EventBackboneOptions): CheckedOptions {
  if (typeof options !== 'object' || (options as unknown) === null) throw refused('the options must be an object');
  known('', options, OPTIONS);
  known('consumer.', options.consumer, CONSUMER);
  known('retry.', options.retry, RETRY);
  known('limits.', options.limits, ['maxArgumentBytes', 'maxEventBytes']);
  if (typeof (options.channel as { publish?: unknown } | undefined)?.publish !== 'function') {
    throw refused('`channel` must be a channel, for instance redisChannel({ url })');
  }
  checkSupports(options.channel, options.requires);
  known('retention.', options.retention, ['maxAgeMs', 'maxEvents', 'everyMs']);
  if (options.retention) {
    checkedRetention(options.retention);
    checkSupports(options.channel, ['trim'], 'retention');
  }
  settings('consumer.', options.consumer, options.channel);
  numbers('limits.', options.limits);
  numbers('', { shutdownTimeoutMs: options.shutdownTimeoutMs });
  retry(options.retry);
  checkPrivacy(options.payloads, options.privacy);
  for (const [group, own] of Object.entries(options.groups ?? {})) {
    checkedName('group name', group);
    known(`groups.${group}.`, own, [...CONSUMER, 'retry']);
    known(`groups.${group}.retry.`, own.retry, RETRY);
    settings(`groups.${group}.`, own, options.channel);
    retry({ ...options.retry, ...own.retry });
  }
  const { group, environment = 'default', source = group ?? 'nest-event-backbone', middleware = [] } = options;
  if (group !== undefined) checkedName('group name', group);
  if (!Array.isArray(middleware) || middleware.some((one) => typeof one !== 'function')) {
    throw refused('`middleware` must be an array of functions');
  }
  return {
    ...options,
    environment: checkedName('environment', environment),
    source: checkedName('source', source),
    consumers: checkedRoles(options.consumers),
    middleware,
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? 25_000,
  };
}

/** The names of a retry's options. */
export const RETRY: readonly string[] = [
  ...['attempts', 'firstDelayMs', 'maxDelayMs', 'factor', 'jitter', 'retryIf', 'wait'],
];
const CONSUMER = ['concurrency', 'maxInFlight', 'batchSize', 'from', 'onFailure', 'maxCrashes'];
const POLICIES = ['dead-letter', 'park-key', 'stop'];
const OPTIONS = [
  ...['channel', 'group', 'environment', 'source', 'consumers', 'consumer', 'groups', 'retry', 'limits', 'codec'],
  ...['middleware', 'validate', 'globalEnhancers', 'autoStart', 'shutdownTimeoutMs', 'retention', 'requires'],
  ...['payloads', 'privacy'],
];

function known(path: string, object: object | undefined, names: readonly string[]): void {
  const unknown = unknownNames(object, names).map((name) => path + name);
  if (unknown.length === 0) return;
  const plural = unknown.length > 1 ? 'options' : 'option';
  throw refused(`unknown ${plural} ${unknown.join(', ')}; known here: ${names.join(', ')}`, { unknown });
}

/** Checks how a group is to be consumed, and that the channel can do it. */
function settings(
  path: string,
  { from, onFailure, ...rest }: ConsumerSettings & { retry?: unknown } = {},
  channel: Channel,
): void {
  if (from !== undefined && !['beginning', 'end'].includes(from)) {
    throw refused(`\`${path}from\` must be 'beginning' or 'end'`);
  }
  if (onFailure !== undefined && !POLICIES.includes(onFailure)) {
    throw refused(`\`${path}onFailure\` must be one of ${POLICIES.map((policy) => `'${policy}'`).join(', ')}`);
  }
  if (onFailure === 'park-key') checkSupports(channel, ['parkByKey'], `${path}onFailure: 'park-key'`);
  numbers(path, { ...rest, retry: undefined });
}

function numbers(path: string, object: object | undefined): void {
  for (const [name, value] of Object.entries(object ?? {}) as (readonly [string, unknown])[]) {
    if (value === undefined) continue;
    const least = name === 'shutdownTimeoutMs' ? 0 : 1;
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw refused(`\`${path}${name}\` must be a whole number from ${least}`);
    }
  }
}

/** Refuses a channel that cannot do what the application relies on. */
function checkSupports(
  { supports }: Channel,
  requires: EventBackboneOptions['requires'] = [],
  option = 'requires',
): void {
  const missing = requires.filter((capability) => !supports[capability]);
  if (missing.length === 0) return;
  throw new BackboneError(
    'EB_UNSUPPORTED',
    `the channel cannot do what \`${option}\` needs: ${missing.join(', ')}; choose another channel or other settings of ` +
      'this one (docs/channels.md lists what each can do), or do without',
    { details: { missing } },
  );
}

function checkedRoles(consumers: EventBackboneOptions['consumers'] = 'all'): CheckedOptions['consumers'] {
  if (consumers === 'all' || consumers === 'none') return consumers;
  if (!Array.isArray(consumers)) throw refused("`consumers` must be 'all', 'none' or an array of group names");
  return consumers.map((group) => checkedName('group name', group));
}

function refused(message: string, details: Readonly<Record<string, unknown>> = {}): BackboneError {
  return new BackboneError('EB_OPTIONS', `EventBackboneModule: ${message}`, { details });
}
