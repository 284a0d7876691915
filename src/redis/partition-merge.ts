import type { EntryPages } from './entry-pages.js';
import { compareIds } from './entry-ids.js';
import type { StreamKeys } from './keys.js';
import type { Entry } from './record.js';

/** An entry and the partition that it stands in. */
export interface PlacedEntry {
  readonly keys: StreamKeys;
  readonly entry: Entry;
}

/** A partition and what is to be read of it. */
export interface PartitionPages {
  readonly keys: StreamKeys;
  readonly pages: EntryPages;
}

/**
 * Puts the entries of several partitions in the order in which the server stored them, as far as its clock tells. Holds one
 * page of each partition at most.
 */
export async function* mergedEntries(
  partitions: readonly PartitionPages[],
  batchSize: number,
): AsyncGenerator<readonly PlacedEntry[]> {
  let open = partitions.map(({ keys, pages }): Part => ({ keys, pages, page: [], next: 0 }));
  let batch: PlacedEntry[] = [];
  for (;;) {
    await Promise.all(open.filter(({ page, next }) => next >= page.length).map(refill));
    open = open.filter(({ page }) => page.length > 0);
    if (open.length === 0) break;
    // Nothing newer may be taken as long as a partition has nothing left to compare with.
    while (open.every(({ page, next }) => next < page.length) && batch.length < batchSize) {
      const part = open.reduce((least, one) => (isBefore(headOf(one), headOf(least)) ? one : least));
      batch.push({ keys: part.keys, entry: headOf(part) });
      part.next += 1;
    }
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A partition while it is read: its page and what of it was taken. */
interface Part extends PartitionPages {
  page: readonly Entry[];
  next: number;
}

async function refill(part: Part): Promise<void> {
  const { value } = await part.pages.next();
  part.page = value ?? [];
  part.next = 0;
}

function headOf({ page, next }: Part): Entry {
  return page[next] as Entry;
}

function isBefore([a]: Entry, [b]: Entry): boolean {
  return compareIds(a, b) < 0;
}
