import { redactUrl } from './redact-url.mjs';

/**
 * @typedef {{ log: (line: string) => void, cacheDir: string, env: NodeJS.ProcessEnv }} RouteOptions
 * @typedef {{ url: string, how: string, stop(): Promise<void> }} Started
 *
 * One way to get a server. `start` rejects with the reason when this way is not open on this machine; `named` says
 * that the user asked for this one, so that no other may take its place.
 * @typedef {{
 *   name: string,
 *   named?: (env: NodeJS.ProcessEnv) => boolean,
 *   start: (options: RouteOptions) => Promise<Started>,
 * }} Route
 *
 * @typedef {{ available: true, url: string, how: string } | { available: false, reason: string }} Server
 */

/**
 * Takes the first route that leads to a server and logs which one, or says for every route why it did not.
 *
 * @param {string} service
 * @param {readonly Route[]} routes in order of preference
 * @param {RouteOptions} options
 * @returns {Promise<{ server: Server, stop(): Promise<void> }>} `reason` holds one line for each route tried.
 */
export async function takeRoute(service, routes, options) {
  /** @type {string[]} */
  const reasons = [];
  for (const route of openRoutes(routes, options.env, reasons)) {
    try {
      const { url, how, stop } = await route.start(options);
      options.log(`${service}: ${how}, ${redactUrl(url)}`);
      return { server: { available: true, url, how }, stop };
    } catch (error) {
      reasons.push(`${route.name}: ${redactUrl(error instanceof Error ? error.message : String(error))}`);
    }
  }
  const reason = reasons.join('\n');
  options.log(`${service}: not available\n${reason.replace(/^/gm, '  ')}`);
  return { server: { available: false, reason }, stop: () => Promise.resolve() };
}

/**
 * @param {readonly Route[]} routes
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} reasons
 */
function openRoutes(routes, env, reasons) {
  const forced = env['STACK'];
  if (!forced) {
    const named = routes.find((route) => route.named?.(env));
    return named ? [named] : routes;
  }
  const chosen = routes.filter((route) => route.name === forced);
  if (chosen.length === 0) {
    reasons.push(`STACK=${forced} names no route; there are: ${routes.map(({ name }) => name).join(', ')}`);
  }
  return chosen;
}
