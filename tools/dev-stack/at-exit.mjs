/**
 * Runs `hook` when this process exits, unless the returned function takes it back first.
 *
 * @param {() => void} hook must be synchronous
 * @returns {() => void}
 */
export function atExit(hook) {
  // Many servers in one process are many hooks, and no leak. A limit of 0 means that there is none.
  const step = process.getMaxListeners() > 0 ? 1 : 0;
  process.setMaxListeners(process.getMaxListeners() + step);
  process.once('exit', hook);
  let pending = true;
  return () => {
    if (!pending) return;
    pending = false;
    process.off('exit', hook);
    process.setMaxListeners(process.getMaxListeners() - step);
  };
}
