import { checkedName, type Stream } from '../core/index.js';

/**
 * What a stream is called in the tables. Names hold no colon, so no two streams are called alike.
 *
 * @throws BackboneError `EB_NAME`
 */
export function streamName({ environment, contract }: Stream): string {
  return `${checkedName('environment', environment)}:${checkedName('contract name', contract)}`;
}
