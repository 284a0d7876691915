import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { FieldTransform, Message } from 'nest-event-backbone/core';

const KEY = createSecretKey(randomBytes(32));
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts a text as one does by hand: AES-256-GCM under one key, bound to a place, the vector and the tag beside it. */
export function sealByHand(text: string, place: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', KEY, iv).setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts what {@link sealByHand} gave. */
export function openByHand(sealed: Uint8Array, place: string): string {
  const decipher = createDecipheriv('aes-256-gcm', KEY, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString();
}

/** Where a field belongs, as the library binds it. */
export function placeOf(contract: string, { id }: Message): string {
  return `${contract}\n${id}\ntext\ntext`;
}

/** Encrypts the `text` of every message by hand; knows nothing of people, and no message without a text. */
export const cipherByHand: FieldTransform = {
  outward: ({ contract }, messages) =>
    messages.map((message) => {
      const text = message.fields['text'];
      if (typeof text !== 'string') throw new Error('not a text');
      return { ...message, fields: { ...message.fields, text: sealByHand(text, placeOf(contract, message)) } };
    }),
  inward: ({ contract }, messages) =>
    messages.map((message) => {
      const text = message.fields['text'];
      if (!(text instanceof Uint8Array)) throw new Error('not encrypted');
      return { ...message, fields: { ...message.fields, text: openByHand(text, placeOf(contract, message)) } };
    }),
};
