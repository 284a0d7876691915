import { ConsumedEvent, type ConsumedFrom, type EventDefinition, type Message, type ReadEvent } from '../core/index.js';

/** In what a projection handles an event. */
export interface Projecting<Transaction> {
  readonly tx: Transaction;
  /** The model is being built and has not read to the end yet: send nothing to anybody. */
  readonly isReplay: boolean;
}

/** One event while it is projected: its context, and the transaction of the read model. The last parameter of a handler. */
export class ProjectedEvent<Transaction = unknown> extends ConsumedEvent {
  /** Write with this and nothing else: what goes through it happens exactly once. */
  readonly tx: Transaction;

  constructor(
    event: EventDefinition,
    { position, appendedAt }: ReadEvent,
    message: Message,
    from: ConsumedFrom,
    { tx, isReplay }: Projecting<Transaction>,
  ) {
    super(event, { position, appendedAt, deliveries: 1, replayed: isReplay }, message, from);
    this.tx = tx;
  }
}
