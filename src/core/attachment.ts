import { checkedName } from './names.js';

/** What the names of fields begin with that middleware attaches; no argument may be named so. */
export const ATTACHMENT = 'x-';

/**
 * Returns the name of the field that holds an attachment.
 *
 * @throws BackboneError `EB_NAME`
 */
export function attachmentField(name: string): string {
  return checkedName('name of an attachment', `${ATTACHMENT}${name}`);
}
