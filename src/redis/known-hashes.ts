import { flatHash, type Hash } from './hash-pack.js';

/** The hashes of one event that were read beside its entry; an absent one was not read, or is not small. */
export interface KnownHashes {
  readonly eventId: string;
  readonly plain: Hash | undefined;
  readonly personal: Hash | undefined;
}

/** An event's id and its hashes as scripts give them: lists of names and values, or anything else for none. */
export type HashesReply = readonly [id?: Buffer, plain?: Buffer[] | number | null, personal?: Buffer[] | number | null];

/** Takes in what a script tells about the hashes of an event; nothing when it names none. */
export function knownHashes([id, plain, personal]: HashesReply): KnownHashes | undefined {
  return id && { eventId: id.toString(), plain: hashIn(plain), personal: hashIn(personal) };
}

function hashIn(reply: Buffer[] | number | null | undefined): Hash | undefined {
  return Array.isArray(reply) ? flatHash(reply) : undefined;
}
