import { describe, expect, it } from 'vitest';
import { givenEvents } from './given-events.js';

describe('events that are to be appended', () => {
  it('are read line by line', () => {
    const lines = '{"event":"noted","args":{"text":"x"},"id":"e-1"}\n\n{"event":"noted.v1","headers":{"a":"b"}}\n';
    expect(givenEvents(lines)).toEqual([
      { event: 'noted', args: { text: 'x' }, id: 'e-1' },
      { event: 'noted.v1', args: {}, headers: { a: 'b' } },
    ]);
  });

  it.for([
    ['{"event":', 'is not JSON'],
    ['[]', 'is no object'],
    ['{"args":{}}', 'needs an "event"'],
    ['{"event":"noted","args":[1]}', 'arguments that are no object'],
    ['{"event":"noted","id":7}', 'no text'],
    ['{"event":"noted","headers":{"a":1}}', 'headers that are no texts'],
    ['{"event":"noted","arguments":{}}', 'a member that means nothing'],
  ])('are refused as %s, with the line and nothing of what is in it', ([line, why]) => {
    expect(() => givenEvents(`{"event":"noted"}\n${line}`)).toThrow('line 2');
    expect(() => givenEvents(`{"event":"noted"}\n${line}`)).toThrow(why);
  });
});
