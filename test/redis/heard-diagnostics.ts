import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';
import { DIAGNOSTICS, type Channel, type ChannelDiagnostic } from 'nest-event-backbone/core';

/** Listens to what a channel tells about itself until the test is over. */
export class HeardDiagnostics {
  readonly all: ChannelDiagnostic[] = [];

  constructor(channel: Channel) {
    const listener = (message: unknown) => {
      const event = message as ChannelDiagnostic;
      if (event.channel === channel) this.all.push(event);
    };
    subscribe(DIAGNOSTICS.channel, listener);
    onTestFinished(() => void unsubscribe(DIAGNOSTICS.channel, listener));
  }

  of(kind: ChannelDiagnostic['kind']): readonly ChannelDiagnostic[] {
    return this.all.filter((event) => event.kind === kind);
  }

  /** What was told, without the objects. */
  get text(): string {
    return JSON.stringify(this.all.map(({ kind, reason, count }) => ({ kind, reason, count })));
  }
}
