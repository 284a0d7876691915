import { ApiProperty } from '@nestjs/swagger';
import { IsEmail } from 'class-validator';

/** Whose data is meant, in the path of a request. */
export class Person {
  @ApiProperty({ example: 'ann@example.com' })
  @IsEmail()
  readonly email!: string;
}
