import { Project, Projection, type Erased, type ProjectedEvent } from 'nest-event-backbone';
import { memoryReadModel, type MemoryTransaction } from 'nest-event-backbone/projections';
import { Guest, Hotel, type HotelParts } from './canary-hotel.js';

/** A read model that keeps nothing personal: how many nights were booked. */
@Projection('nights', { contract: Hotel })
class Nights {
  @Project(Hotel, (e) => e.booked)
  book(guest: Guest | Erased, nights: number, { tx, id }: ProjectedEvent<MemoryTransaction>): void {
    tx.table('nights').set(id, guest instanceof Guest ? nights : 0);
  }
}

/** A read model that nobody else uses. */
export function nightsInMemory(): Pick<HotelParts, 'model' | 'book'> {
  return { model: memoryReadModel(), book: Nights };
}
