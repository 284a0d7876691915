import { ExecutionContextHost } from '@nestjs/core/internal';
import { describe, expect, it } from 'vitest';
import { EventContext } from '../core/index.js';
import { EVENT_CONTEXT_TYPE, eventContextOf, isEventContext } from './event-execution-context.js';

function hostOf(type: string, args: unknown[]): ExecutionContextHost {
  const host = new ExecutionContextHost(args);
  host.setType(type);
  return host;
}

const context = Object.create(EventContext.prototype) as EventContext;

describe('the execution context of a handler', () => {
  it('gives the context of the event, which follows the arguments', () => {
    const host = hostOf(EVENT_CONTEXT_TYPE, ['an argument', context]);
    expect(isEventContext(host)).toBe(true);
    expect(eventContextOf(host)).toBe(context);
  });

  it('is not the one of a request, and says so', () => {
    const host = hostOf('http', ['request', context]);
    expect(isEventContext(host)).toBe(false);
    expect(() => eventContextOf(host)).toThrow(/^EB_HANDLER: this is a http context/);
  });
});
