import type { Message, ReadEvent } from '../core/index.js';
import { copyFields, copyMessage } from './memory-message.js';
import { positionOf } from './memory-position.js';

/** An event as it lies in a stream. Its number is its position, from 1 on. */
export interface StoredEvent {
  readonly number: number;
  readonly appendedAt: number;
  readonly message: Message;
}

/** An event as a reader without a group gets it, with all fields or those that are wanted. */
export function readEvent({ number, appendedAt, message }: StoredEvent, wanted?: (name: string) => boolean): ReadEvent {
  return {
    position: positionOf(number),
    appendedAt,
    message: copyMessage(message, copyFields(message.fields, wanted), message.erased),
  };
}
