import type { Checkpoint } from '../core/index.js';
import { CommandFailure } from './command-failure.js';

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;
const AGO = /^(\d{1,9})(ms|s|m|h|d)$/;
const POSITION = /^(\d{1,9}):(\d{1,40}(?:-\d{1,40})*)$/;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How times and positions are written, for help and for refusals. */
export const PLACE_FORMS = '2026-11-22T10:30Z, 15m (ago), or a position as `read` shows it, 0:17';

/**
 * Reads a time, or positions with a comma between them. A time without a zone is UTC, as all times that are shown.
 *
 * @throws CommandFailure that names the option.
 */
export function parsePlace(option: string, text: string): Date | Checkpoint {
  const place = timeOf(text) ?? positionsOf(text);
  if (place) return place;
  throw new CommandFailure(`${option} is neither a time nor a position; write ${PLACE_FORMS}`);
}

/**
 * Reads positions with a comma between them, one for each partition.
 *
 * @throws CommandFailure that names the option.
 */
export function parsePositions(option: string, text: string): Checkpoint {
  const positions = positionsOf(text);
  if (positions) return positions;
  throw new CommandFailure(`${option} is no position; write it as \`read\` shows it, 0:17 or 0:17,1:4`);
}

/** Writes positions as they are read. */
export function positionText(positions: Checkpoint): string {
  return positions.map(({ partition, id }) => `${partition}:${id}`).join(',');
}

function timeOf(text: string): Date | undefined {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return new Date(Date.now() - Number(count) * (UNITS_MS[unit] ?? 0));
  const [whole, day, time = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  if (whole === undefined || day === undefined) return undefined;
  const at = new Date(`${day}T${time}${zone}`);
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(at.getTime()) || Number.isNaN(midnight.getTime())) return undefined;
  // A 30th of February would be taken for the 2nd of March.
  return midnight.toISOString().startsWith(day) ? at : undefined;
}

function positionsOf(text: string): Checkpoint | undefined {
  const positions = text.split(',').map((one) => POSITION.exec(one.trim()));
  return positions.every((found) => found !== null)
    ? positions.map(([, partition, id = '']) => ({ partition: Number(partition), id }))
    : undefined;
}
