import { IsEmail, IsInt, IsPositive, IsString, Length } from 'class-validator';

/** Who ordered. */
export class User {
  @IsInt()
  @IsPositive()
  readonly id: number;

  @IsEmail()
  readonly email: string;

  @IsString()
  @Length(1, 100)
  readonly name: string;

  constructor(id: number, email: string, name: string) {
    this.id = id;
    this.email = email;
    this.name = name;
  }
}

/** Names the customer as a data subject: whoever has this e-mail address, however it is typed. */
export function customerOf(email: string): string {
  return email.toLowerCase();
}
