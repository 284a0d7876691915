export type { PayloadRoute } from './payload-route.js';
export { payloadRouting, type PayloadRouting, type PayloadRoutingOptions } from './payload-routing.js';
