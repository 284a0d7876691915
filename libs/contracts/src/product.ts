import { IsInt, IsNumber, IsPositive, IsString, Length, Min } from 'class-validator';

/** What was ordered. */
export class Product {
  @IsInt()
  @IsPositive()
  readonly id: number;

  @IsString()
  @Length(1, 100)
  readonly name: string;

  @IsNumber()
  @Min(0)
  readonly price: number;

  constructor(id: number, name: string, price: number) {
    this.id = id;
    this.name = name;
    this.price = price;
  }
}
