import type { Append } from './append.js';
import type { StreamKeys } from './keys.js';

const MAX_EVENTS_PER_CALL = 128;
const MAX_BYTES_PER_CALL = 256 * 1024;

/**
 * Groups appends into calls of the append script: each call is of one partition and not larger than it must be, and the
 * appends of a partition keep their order.
 */
export function callsOf(appends: readonly Append[]): readonly (readonly Append[])[] {
  if (appends.length === 1) return [appends];
  const calls: Call[] = [];
  const last = new Map<StreamKeys, Call>();
  for (const append of appends) {
    const { keys } = append;
    let call = last.get(keys);
    if (!call || isFullWith(call, append)) {
      call = { appends: [], events: 0, bytes: 0 };
      calls.push(call);
      last.set(keys, call);
    }
    call.appends.push(append);
    call.events += append.events.length;
    call.bytes += append.bytes;
  }
  return calls.map((call) => call.appends);
}

interface Call {
  readonly appends: Append[];
  events: number;
  bytes: number;
}

function isFullWith({ events, bytes }: Call, append: Append): boolean {
  return events + append.events.length > MAX_EVENTS_PER_CALL || bytes + append.bytes > MAX_BYTES_PER_CALL;
}
