import { checkedName } from '../core/index.js';

/** Which producer of a contract is meant, where an application has several. */
export interface ProducerPlace {
  /** The name of the connection; the main one when absent. */
  readonly connection?: string;
  /** The environment that its events go to, instead of the connection's own. */
  readonly environment?: string;
}

/** Reads a place; the name of a connection alone is one, too. @throws BackboneError `EB_NAME` */
export function producerPlace(place: string | ProducerPlace = {}): ProducerPlace {
  if (typeof place === 'string') return { connection: place };
  if (place.environment !== undefined) checkedName('environment', place.environment);
  return place;
}
