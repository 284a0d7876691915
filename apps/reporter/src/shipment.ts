import type { User } from '#contracts';

/** The steps of a shipment, in their order. */
export const STEPS = ['placed', 'packing', 'on delivery', 'received'] as const;

/** One step of a shipment. */
export type Step = (typeof STEPS)[number];

/** What is shown of the person who ordered; `erased` for one who was forgotten. */
export type Customer = Readonly<Pick<User, 'name' | 'email'>> | 'erased';

/** How a shipment stands. */
export interface Shipment {
  readonly shipment: string;
  /** Absent until its orderPlaced event was seen. */
  readonly customer?: Customer;
  /** Absent until its orderPlaced event was seen. */
  readonly product?: string;
  readonly state: Step;
  /** When each step was stored, by the server's clock. */
  readonly times: Readonly<Partial<Record<Step, Date>>>;
}

/** Something that happened to a shipment. */
export interface Happening {
  readonly shipment: string;
  readonly step: Step;
  readonly time: Date;
  readonly customer?: Customer;
  readonly product?: string;
}

/** Returns how a shipment stands after this. What is handed out twice, or late, changes nothing that is known already. */
export function afterStep(before: Shipment | undefined, happening: Happening): Shipment {
  const { shipment, step, time, customer, product } = happening;
  const times = { ...before?.times, [step]: before?.times[step] ?? time };
  return {
    shipment,
    // What was erased stays erased, even if an event that was read before is handled again.
    customer: before?.customer === 'erased' ? 'erased' : (customer ?? before?.customer),
    product: product ?? before?.product,
    state: STEPS.findLast((one) => one in times) ?? step,
    times,
  };
}

/** Returns how a shipment stands after its customer was forgotten. */
export function afterErasure(before: Shipment): Shipment {
  return { ...before, customer: 'erased' };
}
