import { describe, expect, it } from 'vitest';
import { redisUrlOptions } from './redis-url.js';

describe('a Redis URL', () => {
  it.for([
    ['redis://localhost', { host: 'localhost' }],
    ['redis://localhost:7000/3', { host: 'localhost', port: 7000, db: 3 }],
    ['redis://:p%40ss@localhost/', { host: 'localhost', password: 'p@ss' }],
    ['redis://ada:p%2Fss@localhost', { host: 'localhost', username: 'ada', password: 'p/ss' }],
    ['rediss://localhost', { host: 'localhost', tls: {} }],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }],
    ['redis://localhost?family=6', { host: 'localhost', family: 6 }],
  ] as const)('%s is read', ([url, options]) => {
    expect(redisUrlOptions(url)).toEqual(options);
  });

  it.for([
    ...['', 'secret', 'secret:6379', 'http://secret', 'redis:secret', 'redis://', 'redis:///3', 'redis://secret:port'],
    ...['redis://h/secret', 'redis://h/1/2', 'redis://%zz:secret@h', 'redis://h?autoResendUnfulfilledCommands=secret'],
    ...['redis://h?family=secret', 'redis://h?family=4&secret=1'],
  ])('%s is refused without being repeated', (url) => {
    let error: unknown;
    try {
      redisUrlOptions(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'EB_OPTIONS' });
    expect(String(error)).not.toContain('secret');
  });
});
