import { eventOfType } from './erased-event.js';
import { argumentOfField, type ContractDefinition } from './event-definition.js';

/**
 * Tells whether a field that was stored is not for everybody's eyes: its argument is personal or kept encrypted. Of an older
 * version that the contract reads as its present one, a field that is unknown now may be what a personal argument is made of.
 */
export function mayBePersonal(contract: ContractDefinition, type: string, field: string): boolean {
  const event = eventOfType(contract, type);
  if (!event) return false;
  const argument = argumentOfField(event, field);
  if (!argument && event.type !== type) return true;
  return event.personal.includes(field) || argument?.stored?.encrypted === true;
}
