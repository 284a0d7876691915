/** The contracts that the demo apps share. */
export { Product } from './product.js';
export { ShipmentTracking } from './shipment-tracking.js';
export { customerOf, User } from './user.js';
export { InvalidUserError } from './users/invalid-user.js';
export { RegisteredUser } from './users/registered-user.js';
export { UserId } from './users/user-id.js';
export { UserName } from './users/user-name.js';
export { Users } from './users/users.js';
