import { describeError } from 'nest-event-backbone/core';
import type { ProjectionDiagnostic } from 'nest-event-backbone/projections';
import picocolors from 'picocolors';

const { dim, green, yellow } = picocolors;

/** Writes how the projection stands to standard error, each change once: a server that is away is told of once. */
export class ModelLog {
  readonly #follows: boolean;
  #last = '';

  /** `follows`: the projection goes on when it is up to date. */
  constructor({ follows }: { readonly follows: boolean }) {
    this.#follows = follows;
  }

  /** Gets what {@link UsersModel.listen} tells. */
  readonly onEvent = ({ kind, error }: ProjectionDiagnostic): void => {
    if (kind === 'building') this.#say(dim('building the read model'));
    if (kind === 'live' && this.#follows) this.#say(green('up to date, following the write model'));
    if (kind === 'waiting') this.#say(yellow(`a server is away, waiting for it: ${describeError(error)}`));
  };

  #say(line: string): void {
    if (line === this.#last) return;
    this.#last = line;
    process.stderr.write(`users-projector: ${line}\n`);
  }
}
