import { checkedName, type Stream } from '../core/index.js';
import { CommandFailure, EXIT } from './command-failure.js';
import { findConnections, namesOf } from './find-connections.js';
import type { LoadedConfig } from './load-config.js';
import { openConnection, streamsOf, type OpenConnection } from './open-connection.js';
import { Output } from './output.js';
import { progressOn, type Progress } from './progress.js';
import type { SourceOptions } from './source-options.js';
import type { Terminal } from './terminal.js';

/** How something that changes is confirmed. */
export interface ConfirmOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What commands share: the terminal, the connections that options name, questions, and the end by an interrupt. */
export class CommandLine {
  readonly terminal: Terminal;
  /** Fires when the command is to end: by an interrupt, or since nobody reads its results any more. */
  readonly signal: AbortSignal;
  readonly #folder: string;

  constructor(terminal: Terminal, signal: AbortSignal, folder: string) {
    this.terminal = terminal;
    this.signal = signal;
    this.#folder = folder;
  }

  /** Tells whether the command is to end; asked anew each time, since it changes while somebody waits. */
  isOver(): boolean {
    return this.signal.aborted;
  }

  output({ json = false }: Pick<SourceOptions, 'json'>): Output {
    return new Output(this.terminal, json);
  }

  config(options: SourceOptions): Promise<LoadedConfig> {
    return findConnections(options, { folder: this.#folder, env: this.terminal.env });
  }

  /** Opens every connection that the options mean, works, and closes them. */
  async onAll(options: SourceOptions, work: (connections: readonly OpenConnection[]) => Promise<void>): Promise<void> {
    const { connections } = await this.config(options);
    const open: OpenConnection[] = [];
    try {
      for (const [name, each] of connections) open.push(await openConnection(name, each, options.environment));
      await work(open);
    } finally {
      await Promise.allSettled(open.map((each) => each.close()));
    }
  }

  /**
   * Opens the one connection that the options mean, works, and closes it.
   *
   * @throws CommandFailure when they mean several.
   */
  async onOne(options: SourceOptions, work: (connection: OpenConnection) => Promise<void>): Promise<void> {
    const { connections } = await this.config(options);
    const [only, ...others] = connections;
    if (!only || others.length > 0) {
      throw new CommandFailure(`choose one of the connections with --connection: ${namesOf(connections)}`);
    }
    const [name, connection] = only;
    const open = await openConnection(name, connection, options.environment);
    try {
      await work(open);
    } finally {
      await open.close();
    }
  }

  /** Opens the one connection that the options mean and works on the one stream that they mean. */
  onStream(
    options: SourceOptions,
    work: (connection: OpenConnection, stream: Stream, output: Output) => Promise<void>,
  ): Promise<void> {
    return this.onOne(options, (connection) => work(connection, streamOf(connection, options), this.output(options)));
  }

  /** Shows how far something is that takes long. */
  progress(what: string, total?: number): Progress {
    return progressOn(this.terminal.stderr, what, total);
  }

  /**
   * Asks whether something that cannot be taken back is to be done.
   *
   * @throws CommandFailure when nobody agrees, or nobody can be asked.
   */
  async confirm(what: string, { yes = false }: ConfirmOptions): Promise<void> {
    if (yes) return;
    if (!this.terminal.canAsk) {
      throw new CommandFailure(
        `this would ${what}; nobody can be asked here, so say --yes, or look with --dry-run first`,
      );
    }
    if (await this.terminal.isAgreed(`This will ${what}. Go on?`, this.signal)) return;
    throw new CommandFailure('nothing was changed', EXIT.refused);
  }
}

function streamOf(connection: OpenConnection, { stream }: SourceOptions): Stream {
  const { environment } = connection;
  if (stream !== undefined) return { environment, contract: checkedName('stream', stream) };
  const [only, ...others] = streamsOf(connection);
  if (only && others.length === 0) return only;
  const known = [only, ...others].flatMap((each) => (each ? [each.contract] : []));
  throw new CommandFailure(`name a stream with --stream${known.length === 0 ? '' : `: ${known.join(', ')}`}`);
}
