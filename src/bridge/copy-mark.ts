import { COPY_LINKED, COPY_ORIGIN, COPY_TRAIL, isName, type EventMetadata, type Message } from '../core/index.js';
import { parsePlace, placeText, type Place } from './place.js';

/** Where a copied event comes from. */
export interface CopyMark {
  /** Where it was produced, and its id there. */
  readonly origin: Place & { readonly id: string };
  /** The id of the event that it was copied from: another one than the origin's when it came over several bridges. */
  readonly linked: string;
  /** The places it has been at, in order: its origin first, where it stands now last. */
  readonly trail: readonly Place[];
}

/** Tells where an event was copied from; `undefined` for one that was produced where it stands. */
export function copyMark({ headers }: Pick<EventMetadata, 'headers'>): CopyMark | undefined {
  const origin = headers[COPY_ORIGIN] ?? '';
  const end = origin.lastIndexOf('/');
  const [place, id] = [parsePlace(origin.slice(0, Math.max(end, 0))), origin.slice(end + 1)];
  const linked = headers[COPY_LINKED];
  const trail = trailOf(headers).map(parsePlace);
  if (!place || !isName(id) || linked === undefined || !trail.every((each) => each !== undefined)) return undefined;
  return { origin: { ...place, id }, linked, trail };
}

/** Tells whether an event has been at a place before. */
export function hasBeenAt({ headers }: Pick<EventMetadata, 'headers'>, place: Place): boolean {
  return trailOf(headers).includes(placeText(place));
}

/** The headers of a copy: what the event had, and where it comes from and goes to. */
export function copyHeaders(message: Message, from: Place, to: Place): Message['headers'] {
  const [here, there] = [placeText(from), placeText(to)];
  const trail = trailOf(message.headers);
  if (!trail.includes(here)) trail.push(here);
  const marks = { [COPY_ORIGIN]: originText(message, from), [COPY_LINKED]: message.id };
  const headers = Object.create(null) as Record<string, string>;
  return Object.assign(headers, message.headers, marks, { [COPY_TRAIL]: [...trail, there].join(',') });
}

/** Names the event that all copies of it have in common. */
export function originText(message: Pick<Message, 'id' | 'headers'>, from: Place): string {
  const { origin } = copyMark(message) ?? {};
  return origin ? `${placeText(origin)}/${origin.id}` : `${placeText(from)}/${message.id}`;
}

function trailOf(headers: EventMetadata['headers']): string[] {
  const trail = headers[COPY_TRAIL];
  return trail === undefined || trail === '' ? [] : trail.split(',');
}
