import { AssertionError } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  describeError,
  type Channel,
  type DeadLetter,
  type GroupState,
  type Message,
  type Published,
  type ReadEvent,
  type ReadOptions,
  type Stream,
  type SubscribeOptions,
} from '../../core/index.js';
import type { ConformanceContext } from './conformance-case.js';
import { Deadline } from './deadline.js';
import { Listener } from './listener.js';
import { sampleMessages } from './sample-message.js';

const DEFAULT_DEADLINE_MS = 10_000;

/** The group of a scene's consumers, unless they name another one. */
export const GROUP = 'group';

/** Where one promise is tried: a stream of its own, and everything that is opened on it. */
export class Scene {
  readonly stream = freshStream();
  readonly channel: Channel;
  readonly deadline: Deadline;
  readonly #context: ConformanceContext;
  readonly #opened: { close(): Promise<void> }[] = [];

  private constructor(context: ConformanceContext) {
    this.#context = context;
    this.channel = context.channel;
    this.deadline = new Deadline(context.deadlineMs ?? DEFAULT_DEADLINE_MS);
  }

  /** Plays a scene and closes what it has opened, the youngest first, whatever comes of it. */
  static async play(context: ConformanceContext, play: (scene: Scene) => Promise<void>): Promise<void> {
    const scene = new Scene(context);
    const failures: unknown[] = [];
    await play(scene).catch((error: unknown) => failures.push(error));
    for (const opened of scene.#opened.reverse()) {
      await scene.deadline
        .within(opened.close(), 'what was opened to close')
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw asAssertion(failures[0]);
  }

  /** Another channel on the same server, as a second process would have it. */
  async open(): Promise<Channel> {
    const channel = await this.#context.open();
    this.#opened.push(channel);
    return channel;
  }

  /** A consumer of this scene's stream. */
  listen(options: Partial<SubscribeOptions> = {}, channel: Channel = this.channel): Listener {
    const subscription = channel.subscribe({ stream: this.stream, group: GROUP, ...options });
    const listener = new Listener(subscription, this.deadline);
    this.#opened.push(listener);
    return listener;
  }

  /** Appends this many sample messages in one call and returns them. */
  async append(count: number, like: Partial<Message> = {}): Promise<readonly Message[]> {
    const messages = sampleMessages(count, like);
    await this.publish(messages);
    return messages;
  }

  /** Appends messages in one call. */
  publish(messages: readonly Message[], stream: Stream = this.stream): Promise<readonly Published[]> {
    return this.deadline.within(this.channel.publish(stream, messages), 'an append');
  }

  /** The dead letters of the group. */
  letters(): Promise<readonly DeadLetter[]> {
    return this.deadline.within(this.channel.admin.deadLetters.list(this.stream, GROUP), 'the dead letters');
  }

  /** How the group stands. */
  async state(): Promise<GroupState> {
    const state = await this.deadline.within(this.channel.admin.state(this.stream, GROUP), 'the state of the group');
    if (!state) throw new AssertionError({ message: 'there is no state of the group' });
    return state;
  }

  /** Asks again and again until it is so. */
  async until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const latest = Date.now() + this.deadline.ms;
    while (!(await isSo())) {
      if (Date.now() > latest) throw new AssertionError({ message: `waited ${this.deadline.ms} ms for ${what}` });
      await nextTurn();
    }
  }

  /** Brings the server down and up again, where the context can. */
  async restart(): Promise<void> {
    await this.#context.restart?.();
  }

  /** Everything that a reader without a group gets. */
  read(options: Partial<ReadOptions> = {}): Promise<readonly ReadEvent[]> {
    const reading = async () => {
      const events: ReadEvent[] = [];
      for await (const batch of this.channel.read({ stream: this.stream, ...options })) events.push(...batch);
      return events;
    };
    return this.deadline.within(reading(), 'a read to end');
  }
}

/** A stream that nobody else uses. */
export function freshStream(): Stream {
  return { environment: 'conformance', contract: `promise-${randomUUID()}` };
}

/** What a channel rejects with where nothing may fail is a broken promise, too. */
function asAssertion(error: unknown): AssertionError {
  if (error instanceof AssertionError) return error;
  return Object.assign(new AssertionError({ message: `unexpected: ${describeError(error)}` }), { cause: error });
}
