import { IsEmail, IsInt, IsPositive, IsString } from 'class-validator';
import { ContractEvent, EventsContract, Personal } from 'nest-event-backbone';

export class User {
  @IsInt() id!: number;
  @IsEmail() email!: string;
}

export class Product {
  @IsInt() id!: number;
  @IsString() name!: string;
  @IsPositive() price!: number;
}

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
