import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
  IsEmail,
  IsInt,
  IsNumber,
  IsPositive,
  IsString,
  Length,
  Min,
  ValidateNested,
} from 'class-validator';

class Customer {
  @ApiProperty({ example: 1 })
  @IsInt()
  @IsPositive()
  readonly id!: number;

  @ApiProperty({ example: 'ann@example.com' })
  @IsEmail()
  readonly email!: string;

  @ApiProperty({ example: 'Ann' })
  @IsString()
  @Length(1, 100)
  readonly name!: string;
}

class OrderedProduct {
  @ApiProperty({ example: 1 })
  @IsInt()
  @IsPositive()
  readonly id!: number;

  @ApiProperty({ example: 'Nintendo' })
  @IsString()
  @Length(1, 100)
  readonly name!: string;

  @ApiProperty({ example: 1000 })
  @IsNumber()
  @Min(0)
  readonly price!: number;
}

/** The body of `POST /orders`. The HTTP interface has classes of its own: it may change, stored events may not. */
export class OrderRequest {
  @ApiProperty()
  @IsDefined()
  @ValidateNested()
  @Type(() => Customer)
  readonly user!: Customer;

  @ApiProperty()
  @IsDefined()
  @ValidateNested()
  @Type(() => OrderedProduct)
  readonly product!: OrderedProduct;
}
