import { BackboneError } from './errors.js';

/** The start-up error of a contract that cannot be used; `where` is the class, or class and method, as the user wrote them. */
export function contractError(where: string, why: string): BackboneError {
  return new BackboneError('EB_CONTRACT', `${where} ${why}`, { details: { path: where } });
}
