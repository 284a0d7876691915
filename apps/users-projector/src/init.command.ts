import { Command, Option } from 'nest-commander';
import { isBackboneError } from 'nest-event-backbone';
import { CommandError, EXIT, TerminalCommand } from '#cli-kit';
import { endingSignal } from './ending-signals.js';
import { ModelLog } from './model-log.js';
import { progressOn } from './progress.js';
import { UsersModel } from './users-model.js';

/** What was typed. */
interface Typed {
  readonly swap?: boolean;
  readonly fresh?: boolean;
}

/** `init`: makes the read model anew by replaying all events. Broken off, it goes on when it is called again. */
@Command({ name: 'init', description: 'Drop the table and replay all events.' })
export class InitCommand extends TerminalCommand {
  constructor(private readonly users: UsersModel) {
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
    const signal = endingSignal();
    const began = performance.now();
    const mute = this.users.listen(new ModelLog({ follows: false }).onEvent);
    const progress = progressOn(process.stderr);
    try {
      const onProgress = progress.show.bind(progress);
      const { events, resumed } = await this.users.runner.init({ swap, fresh, signal, onProgress });
      progress.end();
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      const how = swap ? ', and the new table is in the place of the old one' : '';
      process.stdout.write(
        `replayed ${events} events in ${seconds} s${resumed ? ', going on with an earlier init' : ''}${how}\n`,
      );
    } catch (error) {
      progress.end();
      if (isBackboneError(error, 'EB_LEASE_LOST')) throw new CommandError(error.message, EXIT.overtaken, error);
      if (!signal.aborted) throw error;
      throw new CommandError('broken off; init goes on where it was when it is called again', EXIT.failed, error);
    } finally {
      mute();
    }
  }
}
