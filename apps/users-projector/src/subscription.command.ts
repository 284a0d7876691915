import { once } from 'node:events';
import { Command } from 'nest-commander';
import { describeError } from 'nest-event-backbone/core';
import type { ProjectionDiagnostic } from 'nest-event-backbone/projections';
import { CommandError, EXIT, TerminalCommand } from '#cli-kit';
import { endingSignal } from './ending-signals.js';
import { ModelLog } from './model-log.js';
import { UsersModel } from './users-model.js';

const STOP_WITHIN_MS = 10_000;

/** `subscription`: follows the write model until it is asked to end. It goes on where the read model is. */
@Command({ name: 'subscription', description: 'Follow the events until SIGTERM.' })
export class SubscriptionCommand extends TerminalCommand {
  constructor(private readonly users: UsersModel) {
    super();
  }

  override async run(): Promise<void> {
    const { runner } = this.users;
    const signal = endingSignal();
    const over = new AbortController();
    // An idle connection does not keep a process that waits for its server.
    const alive = setInterval(() => undefined, 60_000);
    const mutes = [
      this.users.listen(new ModelLog({ follows: true }).onEvent),
      this.users.listen((event) => isEnd(event) && over.abort(errorOf(event))),
    ];
    try {
      runner.start();
      // Not AbortSignal.any: in Node 20 the signal it makes may be collected before it fires.
      await Promise.race([fired(signal), fired(over.signal)]);
      await runner.stop(STOP_WITHIN_MS);
      over.signal.throwIfAborted();
    } finally {
      clearInterval(alive);
      for (const mute of mutes) mute();
    }
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function isEnd({ kind }: ProjectionDiagnostic): boolean {
  return kind === 'failed' || kind === 'replaced';
}

function errorOf({ kind, error }: ProjectionDiagnostic): CommandError {
  return new CommandError(describeError(error), kind === 'replaced' ? EXIT.overtaken : EXIT.failed, error);
}
