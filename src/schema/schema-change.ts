/**
 * What a change means for those who read events: `breaking` - stored events no longer fit, or readers lose what they
 * use; `readers-first` - safe once every reader runs the new contract, so readers are deployed before producers;
 * `compatible` - safe in any order.
 */
export type SchemaVerdict = 'breaking' | 'readers-first' | 'compatible';

/** What was changed. */
export type SchemaChangeKind =
  | 'stream-removed'
  | 'stream-added'
  | 'event-removed'
  | 'event-added'
  | 'event-upcast'
  | 'field-removed'
  | 'field-added'
  | 'field-required'
  | 'field-optional'
  | 'type-changed'
  | 'type-narrowed'
  | 'type-widened'
  | 'constraint-narrowed'
  | 'constraint-widened'
  | 'personal-changed';

/** One difference between two documents. */
export interface SchemaChange {
  readonly verdict: SchemaVerdict;
  readonly kind: SchemaChangeKind;
  /** Where: stream, event and field, `shipment-tracking/orderPlaced.v1/user.email`. */
  readonly path: string;
  /** What it was and what it is, in words. */
  readonly message: string;
}
