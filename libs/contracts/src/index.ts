/** The contract that the demo apps share. */
export { Product } from './product.js';
export { ShipmentTracking } from './shipment-tracking.js';
export { User } from './user.js';
