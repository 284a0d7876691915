import { Controller, Delete, Get, Injectable, Param } from '@nestjs/common';
import {
  Erased,
  EventHandler,
  Privacy,
  type Erasure,
  type ErasureReport,
  type PersonalEvent,
} from 'nest-event-backbone';
import { Sales, type Customer } from './sales.js';

@Injectable()
export class Newsletter {
  readonly #customers = new Map<string, { readonly email: string; readonly product: string }>();

  @EventHandler(Sales, (e) => e.ordered)
  ordered(customer: Customer | Erased, product: string): void {
    if (customer instanceof Erased) return;
    this.#customers.set(customer.email, { email: customer.email, product });
  }
}

@Injectable()
export class SearchIndex {
  readonly #texts = new Map<string, string>();

  @EventHandler(Sales, (e) => e.$erased, { group: 'search' })
  forget({ events }: Erasure): void {
    for (const id of events) this.#texts.delete(id);
  }
}

@Controller('customers/:email/data')
export class CustomerDataController {
  constructor(private readonly privacy: Privacy) {}

  @Get()
  export(@Param('email') email: string): Promise<readonly PersonalEvent[]> {
    return this.privacy.export(email);
  }

  @Delete()
  erase(@Param('email') email: string): Promise<ErasureReport> {
    return this.privacy.erase(email);
  }
}
