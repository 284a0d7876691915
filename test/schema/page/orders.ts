import { IsEmail, IsInt, IsOptional, Length, Min } from 'class-validator';
import { ContractEvent, EventsContract, Personal } from 'nest-event-backbone';

export class Customer {
  @IsEmail()
  readonly email!: string;

  @IsOptional()
  @Length(1, 100)
  readonly name?: string;
}

export class Product {
  @IsInt()
  @Min(1)
  readonly id!: number;
}

@EventsContract('orders')
export class Orders {
  @ContractEvent()
  placed(@Personal() customer: Customer, product: Product, time: Date) {
    return { customer, product, time };
  }
}
