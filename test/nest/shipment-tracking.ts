import { ContractEvent, EventsContract, Personal } from 'nest-event-backbone';
import { IsEmail, IsInt } from 'class-validator';

/** Who ordered. */
export class User {
  @IsEmail()
  readonly email!: string;
}

/** What was ordered. */
export class Product {
  @IsInt()
  readonly id!: number;
}

/** The contract that these tests share. */
@EventsContract('shipment-tracking')
export class ShipmentTracking {
  @ContractEvent()
  orderPlaced(@Personal() user: User, product: Product, time: Date) {
    return { user, product, time };
  }

  @ContractEvent()
  packing(@Personal() email: string, productId: number, time: Date) {
    return { email, productId, time };
  }
}
