import { isName, type Channel, type Stream } from '../core/index.js';

/** A stream, and which server it is on where that has been told. */
export interface Place extends Stream {
  /** The name of the server, the same one in all bridges. */
  readonly server?: string;
}

/** One side of a bridge. */
export interface BridgeEnd extends Place {
  readonly channel: Channel;
}

/** Writes a place as text, `redis-eu/prod/orders`; two places are the same when their texts are. */
export function placeText({ server, environment, contract }: Place): string {
  return [...(server === undefined ? [] : [server]), environment, contract].join('/');
}

/** Reads the text of a place; `undefined` when it is none. */
export function parsePlace(text: string): Place | undefined {
  const parts = text.split('/');
  if (!parts.every(isName)) return undefined;
  const [contract, environment, server, more] = parts.reverse();
  if (contract === undefined || environment === undefined || more !== undefined) return undefined;
  return server === undefined ? { environment, contract } : { server, environment, contract };
}
