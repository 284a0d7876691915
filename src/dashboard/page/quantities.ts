const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Stands where there is no number. */
export const NONE = '–';

/** Writes how many there are; large numbers with separators. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : whole.format(value);
}

/** Writes how many there are in few characters, for the axes of plots. */
export function roughly(value: number): string {
  return compact.format(value);
}

/** Writes how many there are per second. */
export function perSecond(value: number | null): string {
  if (value === null) return NONE;
  return `${(value >= 100 ? whole : tenth).format(value)}/s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Writes how many bytes there are. */
export function bytes(value: number | null): string {
  if (value === null) return NONE;
  let [scaled, unit] = [value, 0];
  for (; scaled >= 1_000 && unit < UNITS.length - 1; unit += 1) scaled /= 1_000;
  return `${(unit === 0 || scaled >= 100 ? whole : tenth).format(scaled)} ${UNITS[unit] ?? ''}`;
}

/** Writes how long something takes, in its largest unit, or the two largest. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/** Writes how long ago something was; the clocks of two machines may differ a little. */
export function ago(ms: number): string {
  return ms < 1_000 ? 'just now' : `${duration(ms)} ago`;
}

/** Writes a moment in the viewer's time zone, to the millisecond. */
export function moment(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return NONE;
  const two = (value: number) => `${value}`.padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${`${date.getMilliseconds()}`.padStart(3, '0')}`;
}

/** Writes a moment for programs; empty for what is none. */
export function isoMoment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
