import type { PrivacyOptions } from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';

/** What an app's module is told; inject it by its class. */
export class AppSettings {
  constructor(
    /** The app's name, `source` of its events. */
    readonly name: string,
    /** What carries the events. */
    readonly channel: Channel,
    /** Apps of different environments do not see each other's events. */
    readonly environment: string,
    /** How long transit takes for one step. */
    readonly stepDelayMs: number,
    /** How personal data is encrypted; without it, it is not, and nobody can be forgotten. */
    readonly privacy: PrivacyOptions | undefined,
  ) {}
}
