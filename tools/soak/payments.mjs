import { ContractEvent, EventsContract } from 'nest-event-backbone/core';

/** The contract of the events, declared as the compiler would write the decorators out. */
export function paymentsContract() {
  class Payments {
    /**
     * @param {string} account
     * @param {number} amount
     */
    paid(account, amount) {
      return { account, amount };
    }
  }
  Reflect.defineMetadata('design:paramtypes', [String, Number], Payments.prototype, 'paid');
  const descriptor = Object.getOwnPropertyDescriptor(Payments.prototype, 'paid');
  ContractEvent()(Payments.prototype, 'paid', /** @type {any} */ (descriptor));
  EventsContract('payments')(Payments);
  return Payments;
}
