/** The header of a copied event that names the place it was produced at, and its id there. */
export const COPY_ORIGIN = 'eb-origin';

/** The header of a copied event that holds the id of the event it was copied from. */
export const COPY_LINKED = 'eb-linked';

/** The header of a copied event that names the places it has been at, the first one and its present one included. */
export const COPY_TRAIL = 'eb-trail';

/** The headers that mark a copy; no producer sets them. */
export const COPY_HEADERS: readonly string[] = Object.freeze([COPY_ORIGIN, COPY_LINKED, COPY_TRAIL]);
