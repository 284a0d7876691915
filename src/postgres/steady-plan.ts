/**
 * Settings of functions that read and settle: each connection keeps one plan, which goes by indexes and row by row, so that
 * it also does for a table that has grown since and of which the server has no statistics.
 */
export const STEADY_PLAN = [
  'SET plan_cache_mode = force_generic_plan',
  'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off',
  // What must be scanned all the same counts as very expensive, and would be compiled.
  'SET jit = off',
].join('\n');
