import { escaped, escapedJson } from './escaped.js';
import type { Output } from './output.js';
import { positionText } from './places.js';
import { HIDDEN, type ShownEvent } from './shown-event.js';

/** How much of an event people are shown. */
export interface EventLook {
  /** Whole values, and everything that travelled with the event. */
  readonly full?: boolean;
}

/** Lays an event out as lines: what it is, then its arguments. */
export function eventText(event: ShownEvent, output: Output, { full = false }: EventLook): readonly string[] {
  const { bold, dim, yellow } = output.terminal.colours;
  const { appendedAt, position, type = 'no event', key, id } = event;
  const head = [dim(appendedAt), bold(escaped(type)), key === undefined ? '' : `${dim('key')} ${escaped(key)}`];
  const place = `${dim('at')} ${positionText([position])}`;
  const { args = {}, hidden = [], erased = [], unreadable } = event;
  const fields = Object.entries(args).map(([name, value]) => {
    return [name, hidden.includes(name) ? HIDDEN : escapedJson(value)] as const;
  });
  const gone = erased.map((name) => [name, '[erased]'] as const);
  return [
    [...head, place].filter((part) => part !== '').join('  '),
    ...(unreadable === undefined ? [] : [`  ${yellow(escaped(unreadable))}`]),
    ...output.pairs([...fields, ...gone, ...(full ? [] : ([['id', id]] as const))], full),
    ...(full ? metadata(event, output) : []),
  ];
}

function metadata(event: ShownEvent, output: Output): readonly string[] {
  const { id, source, time, correlationId, causationId, traceparent, tracestate, contentType, headers = {} } = event;
  const all = { id, time, source, correlationId, causationId, traceparent, tracestate, contentType };
  return output.pairs(
    [...Object.entries(all), ...Object.entries(headers).map(([name, value]) => [`header ${name}`, value] as const)],
    true,
  );
}
