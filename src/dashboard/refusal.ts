import { HttpException } from '@nestjs/common';

/** Makes the error that is answered with a status, a code and words that tell what to do. */
export function refusal(status: number, code: string, message: string): HttpException {
  return new HttpException({ code, message }, status);
}
