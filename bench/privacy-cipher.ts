import type { FieldTransform, Message, PayloadStore, Stream } from 'nest-event-backbone/core';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { openByHand, placeOf, sealByHand } from './hand-cipher.js';
import { letterArguments } from './people.js';
import { cpuPerEvent, IN_FLIGHT, type Round, type RoundResult, type Side } from './side.js';

/** What the bench needs of `src/privacy`, which has no entry of its own. */
interface PrivacyFolder {
  readonly fieldEncryption: (options: { readonly ring: object; readonly pseudonyms: object }) => FieldTransform;
  readonly KeyRing: new (options: { readonly store: PayloadStore; readonly wrapping: object }) => object;
  readonly Pseudonyms: new (secret: string) => object;
}

const STREAM: Stream = { environment: 'bench', contract: 'bench-people' };

/** Encrypts and decrypts one field of messages that go nowhere: a bare loop of ciphers, or the library's transform. */
export class Cipher implements Side {
  #messages: readonly Message[] = [];
  #transform: FieldTransform | undefined;

  constructor(private readonly encrypted: 'by-hand' | 'by-privacy') {}

  async prepare(kind: Round['kind']): Promise<void> {
    const length = Number(/\d+$/.exec(kind)?.[0]);
    this.#messages = Array.from({ length: IN_FLIGHT }, (_, n) => letterMessage(n, length));
    if (this.encrypted === 'by-hand') return;
    const url = new URL('../lib/privacy/index.js', import.meta.url).href;
    const { fieldEncryption, KeyRing, Pseudonyms } = (await import(url)) as PrivacyFolder;
    const wrapping = { current: 'bench', keys: { bench: Buffer.alloc(32, 1) } };
    const ring = new KeyRing({ store: memoryPayloadStore(), wrapping });
    this.#transform = fieldEncryption({ ring, pseudonyms: new Pseudonyms('the secret of the bench') });
  }

  run({ amount }: Round): Promise<RoundResult> {
    const transform = this.#transform;
    return cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += IN_FLIGHT) {
        if (transform) await throughTransform(transform, this.#messages);
        else byHand(this.#messages);
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Texts go out one by one, as they are appended, and come back together, as they are read. */
async function throughTransform(transform: FieldTransform, messages: readonly Message[]): Promise<void> {
  const stored: Message[] = [];
  for (const message of messages) {
    const prepared = transform.outward(STREAM, [message]);
    // Only where a key is made or fetched is there a promise.
    stored.push(...(prepared instanceof Promise ? await prepared : prepared));
  }
  const read = transform.inward(STREAM, stored);
  for (const one of read instanceof Promise ? await read : read) {
    if (!('fields' in one) || typeof one.fields['text'] !== 'string') throw new Error('not decrypted');
  }
}

function byHand(messages: readonly Message[]): void {
  const { contract } = STREAM;
  const stored = messages.map((message) => sealByHand(textOf(message), placeOf(contract, message)));
  const read = messages.map((message, i) => openByHand(stored[i] ?? Buffer.of(), placeOf(contract, message)));
  if (read.some((text, i) => text.length !== textOf(messages[i]).length)) throw new Error('not decrypted');
}

function textOf(message: Message | undefined): string {
  const text = message?.fields['text'];
  if (typeof text !== 'string') throw new Error('not a text');
  return text;
}

function letterMessage(n: number, length: number): Message {
  const [person, text] = letterArguments(n, length);
  const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  return {
    ...{ id, source: 'bench', type: 'wrote.v1', time: 0, key: id, correlationId: id },
    ...{ contentType: 'application/json', headers: {}, personal: ['text'], dataSubjects: { text: person } },
    fields: { person: JSON.stringify(person), text: JSON.stringify(text) },
  };
}
