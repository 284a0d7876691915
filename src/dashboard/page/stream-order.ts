import type { StreamSummary } from '../dashboard-api.js';

/** The columns that the table of streams can be sorted by. */
export const SORTS = ['contract', 'events', 'rate', 'lastAt', 'lag', 'deadLetters'] as const;

export type Sort = (typeof SORTS)[number];

/** Reads which column to sort by; a minus sign in front turns it around. */
export function sortOf(text: string | undefined): { readonly by: Sort; readonly isDown: boolean } {
  const isDown = text?.startsWith('-') === true;
  const by = SORTS.find((sort) => sort === text?.replace(/^-/, ''));
  return { by: by ?? 'contract', isDown: by !== undefined && isDown };
}

/** Picks the streams whose names hold all the words, and sorts them; what has no number comes last. */
export function arranged(
  streams: Iterable<StreamSummary>,
  words: string,
  sort: string | undefined,
): readonly StreamSummary[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...streams].filter(({ contract, environment, connection, channel }) => {
    const name = `${contract} ${environment} ${connection} ${channel}`.toLowerCase();
    return wanted.every((word) => name.includes(word));
  });
  const { by, isDown } = sortOf(sort);
  const byName = (a: StreamSummary, b: StreamSummary) =>
    a.contract.localeCompare(b.contract, 'en', { numeric: true }) || (a.stream < b.stream ? -1 : 1);
  if (by === 'contract') return found.sort((a, b) => (isDown ? byName(b, a) : byName(a, b)));
  return found.sort((a, b) => {
    const [x, y] = [a[by], b[by]];
    if (x === y) return byName(a, b);
    if (x === null) return 1;
    if (y === null) return -1;
    return isDown ? y - x : x - y;
  });
}
