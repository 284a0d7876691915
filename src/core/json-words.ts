/** The property that marks a bigint in JSON. */
export const BIGINT = '$bigint';

/** The property that marks bytes in JSON. */
export const BYTES = '$bytes';

/** How deep a stored value may be nested; the same on both sides, so that what was written can be read. */
export const MAX_DEPTH = 64;
