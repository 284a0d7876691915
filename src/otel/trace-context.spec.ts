import { describe, expect, it } from 'vitest';
import { producerOf, traceContextOf } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('the trace context of an event', () => {
  it('is written and read back as W3C Trace Context has it', () => {
    const written = traceContextOf({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
    expect(written).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: undefined });
    expect(producerOf(written)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
  });

  it('keeps what others have put into the trace state', () => {
    const read = producerOf({ traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'vendor=a,other=b' });
    expect(read?.traceState?.get('other')).toBe('b');
    expect(read && traceContextOf(read)).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-00`,
      tracestate: 'vendor=a,other=b',
    });
  });

  it('is read of a later version, which may have more parts', () => {
    expect(producerOf({ traceparent: `01-${TRACE}-${SPAN}-01-more` })?.spanId).toBe(SPAN);
  });

  it.each([
    undefined,
    '',
    'no trace',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ])('is none when it is %s', (traceparent) => {
    expect(producerOf({ traceparent })).toBeUndefined();
  });
});
