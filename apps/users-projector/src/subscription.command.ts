import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Command } from 'nest-commander';
import { Projections } from 'nest-event-backbone';
import { PROJECTION_DIAGNOSTICS, type ProjectionDiagnostic } from 'nest-event-backbone/projections';
import { checkDatabaseUrls, TerminalCommand } from '#cli-kit';
import { endingSignal } from './ending-signals.js';

/** `subscription`: follows the write model until it is asked to end. It goes on where the read model is. */
@Command({ name: 'subscription', description: 'Follow the events until SIGTERM.' })
export class SubscriptionCommand extends TerminalCommand {
  constructor(private readonly projections: Projections) {
    super();
  }

  override async run(): Promise<void> {
    checkDatabaseUrls('WRITE_MODEL_URL', 'READ_MODEL_URL');
    const asked = once(endingSignal(), 'abort');
    // An idle connection does not keep a process that waits for its server.
    const alive = setInterval(() => undefined, 60_000);
    subscribe(PROJECTION_DIAGNOSTICS, sayWhenLive);
    this.projections.run('users');
    try {
      // What is under way ends with the application.
      await Promise.race([asked, this.projections.ended('users')]);
    } finally {
      clearInterval(alive);
    }
  }
}

/** What goes wrong is in the log of the application. */
function sayWhenLive(said: unknown): void {
  const { kind } = said as ProjectionDiagnostic;
  if (kind === 'live') process.stderr.write('users-projector: up to date, following the write model\n');
}
