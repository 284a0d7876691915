import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { checkedOptions } from './checked-options.js';
import type { EventBackboneOptions } from './event-backbone.options.js';

const channel = memoryChannel();

describe('the options of a connection', () => {
  it('have defaults', () => {
    expect(checkedOptions({ channel })).toEqual({
      channel,
      environment: 'default',
      source: 'nest-event-backbone',
      consumers: 'all',
      middleware: [],
      shutdownTimeoutMs: 25_000,
    });
  });

  it('take the group as the name of the application', () => {
    expect(checkedOptions({ channel, group: 'transit' })).toMatchObject({ source: 'transit' });
    expect(checkedOptions({ channel, group: 'transit', source: 'app' })).toMatchObject({ source: 'app' });
  });

  it.each<[string, object]>([
    ['unknown option grop', { grop: 'x' }],
    ['unknown options grop, enviroment', { grop: 'x', enviroment: 'y' }],
    ['unknown option consumer.size', { consumer: { size: 1 } }],
    ['unknown option retry.tries', { retry: { tries: 1 } }],
    ['unknown option limits.maxBytes', { limits: { maxBytes: 1 } }],
    ['unknown option groups.g.retries', { groups: { g: { retries: 1 } } }],
    ['unknown option groups.g.retry.tries', { groups: { g: { retry: { tries: 1 } } } }],
    ['`channel` must be a channel', { channel: undefined }],
    ['`consumer.concurrency` must be a whole number from 1', { consumer: { concurrency: 0 } }],
    ['`groups.g.batchSize` must be a whole number from 1', { groups: { g: { batchSize: 1.5 } } }],
    ["`consumer.from` must be 'beginning' or 'end'", { consumer: { from: 'start' } }],
    ['`limits.maxEventBytes` must be a whole number', { limits: { maxEventBytes: Infinity } }],
    ['`shutdownTimeoutMs` must be a whole number from 0', { shutdownTimeoutMs: -1 }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.factor', { groups: { g: { retry: { factor: 0 } } } }],
    ['`middleware` must be an array of functions', { middleware: ['no'] }],
    ["`consumers` must be 'all', 'none' or an array", { consumers: true }],
  ])('are refused, by name: %s', (message, options) => {
    const checked = () => checkedOptions({ channel, ...options });
    expect(checked).toThrow(/^EB_OPTIONS: /);
    expect(checked).toThrow(message);
  });

  it.each<[string, Partial<EventBackboneOptions>]>([
    ['environment', { environment: 'a:b' }],
    ['source', { source: 'a b' }],
    ['group name', { group: '' }],
    ['group name', { groups: { 'a b': {} } }],
    ['group name', { consumers: ['a b'] }],
  ])('hold names inside the grammar only: %s', (what, options) => {
    expect(() => checkedOptions({ channel, ...options })).toThrow(new RegExp(`^EB_NAME: the ${what} `));
  });
});
