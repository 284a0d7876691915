import { ContractEvent, EventsContract } from 'nest-event-backbone/core';

/** The contract of the events that these tests append by hand. */
@EventsContract('samples')
export class Samples {
  @ContractEvent()
  sampleTaken(sample: string) {
    return { sample };
  }
}
