import { Injectable } from '@nestjs/common';

export interface Person {
  readonly name: string;
  readonly roles: readonly string[];
}

@Injectable()
export class Staff {
  /** However your application knows who somebody is: a session, a token, a header of the proxy. */
  find(authorization: string | undefined): Person | undefined {
    return authorization === `Bearer ${process.env['STAFF_TOKEN']}` ? { name: 'ada', roles: ['operator'] } : undefined;
  }
}
