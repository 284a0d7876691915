/** What a handler is given for an erasable argument whose data was erased: `user instanceof Erased`. */
export class Erased {
  /** Protected, so that the compiler takes nothing else for it. */
  protected readonly erased = true;
}

/** The one value of {@link Erased}. */
export const ERASED = new Erased();
Object.freeze(ERASED);
