import { IsEmail, IsInt, IsPositive, IsString, Length, Min } from 'class-validator';
import { ContractEvent, EventsContract } from 'nest-event-backbone';

/** About 200 bytes of JSON in five arguments, none of them a class: nothing is validated. */
@EventsContract('bench-orders')
export class Orders {
  @ContractEvent()
  placed(order: string, customer: string, note: string, amount: number, at: Date) {
    return { order, customer, note, amount, at };
  }
}

/** A customer as a validated class. */
export class Customer {
  @IsInt()
  @Min(1)
  id!: number;

  @IsEmail()
  email!: string;

  @IsString()
  @Length(1, 80)
  name!: string;
}

/** An item as a validated class. */
export class Item {
  @IsInt()
  @Min(1)
  id!: number;

  @IsString()
  @Length(1, 80)
  name!: string;

  @IsPositive()
  price!: number;
}

/** The same size in two validated classes and a date. */
@EventsContract('bench-validated-orders')
export class ValidatedOrders {
  @ContractEvent()
  placed(customer: Customer, item: Item, at: Date) {
    return { customer, item, at };
  }
}

/** The arguments of the n-th order; the note fills it up to the size asked for. */
export function orderArguments(n: number, noteLength: number): [string, string, string, number, Date] {
  return [`order-${n}`, `customer-${n % 1000}`, 'n'.repeat(noteLength), n * 1.5, new Date()];
}

/** The arguments of the n-th validated order. */
export function validatedArguments(n: number): [Customer, Item, Date] {
  const customer = Object.assign(new Customer(), { id: n + 1, email: `customer-${n}@example.com`, name: 'A customer' });
  return [customer, Object.assign(new Item(), { id: 7, name: `An item of ${n}`, price: 12.5 }), new Date()];
}

/** The note that makes an event of {@link Orders} about 200 bytes. */
export const SMALL_NOTE = 110;

/** The note that makes an event of {@link Orders} about 10 KiB. */
export const LARGE_NOTE = 10 * 1024 - 90;
