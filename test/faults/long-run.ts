/** True in `npm run test:faults:long`, which gives the random faults more time. */
export const isLong = process.env['FAULTS'] === 'long';

/** One of two values: for every run of the tests, and for the long one. */
export function shortOrLong<T>(short: T, long: T): T {
  return isLong ? long : short;
}
