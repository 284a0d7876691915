import type { GroupReads, PendingPage } from './group-reads.js';

/** A page of what was handed out before, or is handed out again. */
export interface ScannedPage extends PendingPage {
  readonly from: 'letters' | 'history' | 'claims';
  /** Parked keys among the letters: theirs were not taken. */
  readonly parkedKeys: readonly string[];
}

const NONE: readonly string[] = Object.freeze([]);

/** Goes through what is not new, page by page: letters for this consumer's types, its own history, what others left behind. */
export class PendingScan {
  readonly #types: ReadonlySet<string> | undefined;
  readonly #leaseMs: number;
  /** Where to go on in each; `undefined` when that is done. */
  #letters: string | undefined;
  #history: string | undefined;
  #claims: string | undefined;

  constructor(types: ReadonlySet<string> | undefined, leaseMs: number) {
    this.#types = types;
    this.#leaseMs = leaseMs;
  }

  get isOver(): boolean {
    return this.#letters === undefined && this.#history === undefined && this.#claims === undefined;
  }

  begin(): void {
    this.#letters = this.#types && '';
    this.beginHistory();
    this.beginClaims();
  }

  /** Goes through what this consumer owns and does not hold. */
  beginHistory(): void {
    this.#history = '0-0';
  }

  /** Goes through what others own and have left behind, and then through letters if there are some. */
  beginClaims(): void {
    this.#claims = '0-0';
  }

  /** The next page; nothing at the end. */
  async next(reads: GroupReads): Promise<ScannedPage | undefined> {
    if (this.#letters !== undefined) {
      // Before anything else: until then the group does not know that somebody handles these types.
      const page = await reads.adopt(this.#letters, this.#types ?? []);
      this.#letters = page.next;
      return { ...page, from: 'letters' };
    }
    if (this.#history !== undefined) {
      const page = await reads.history(this.#history);
      this.#history = page.next;
      return { ...page, from: 'history', parkedKeys: NONE };
    }
    if (this.#claims !== undefined) {
      const page = await reads.claims(this.#claims, this.#leaseMs, this.#types ?? []);
      this.#claims = page.next;
      // Asked in passing: a look at the letters themselves in each idle second would be one more round trip.
      if (page.next === undefined && page.lettersWait) this.#letters = '';
      return { ...page, from: 'claims', parkedKeys: NONE };
    }
    return undefined;
  }
}
