import { Command, Option } from 'nest-commander';
import { Projections } from 'nest-event-backbone';
import { checkDatabaseUrls, CommandError, EXIT, TerminalCommand } from '#cli-kit';
import { endingSignal } from './ending-signals.js';
import { progressOn } from './progress.js';

/** What was typed. */
interface Typed {
  readonly swap?: boolean;
  readonly fresh?: boolean;
}

/** `init`: makes the read model anew by replaying all events. Broken off, it goes on when it is called again. */
@Command({ name: 'init', description: 'Drop the table and replay all events.' })
export class InitCommand extends TerminalCommand {
  constructor(private readonly projections: Projections) {
    super();
  }

  @Option({ flags: '--swap', description: 'build a new table beside the old one, then put it in its place at once' })
  swap(): boolean {
    return true;
  }

  @Option({ flags: '--fresh', description: 'begin at the first event even if an earlier call was broken off' })
  fresh(): boolean {
    return true;
  }

  override async run(_: readonly string[], { swap = false, fresh = false }: Typed): Promise<void> {
    checkDatabaseUrls('WRITE_MODEL_URL', 'READ_MODEL_URL');
    const signal = endingSignal();
    const began = performance.now();
    const progress = progressOn(process.stderr);
    const onProgress = progress.show.bind(progress);
    const { events, resumed } = await this.projections
      .init('users', { swap, fresh, signal, onProgress })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new CommandError('broken off; init goes on where it was when it is called again', EXIT.failed, error);
      })
      .finally(() => progress.end());
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const how = swap ? ', and the new table is in the place of the old one' : '';
    process.stdout.write(
      `replayed ${events} events in ${seconds} s${resumed ? ', going on with an earlier init' : ''}${how}\n`,
    );
  }
}
