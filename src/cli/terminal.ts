import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import picocolors from 'picocolors';

/** A stream that text is written to: a terminal, a pipe or a file. */
export type TextStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command line is connected with. */
export interface TerminalStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where a command reads and writes: results to standard output, everything else to standard error. */
export class Terminal {
  /** Colours for results. */
  readonly colours: Colors;
  /** Colours for everything else. */
  readonly noteColours: Colors;
  readonly #streams: TerminalStreams;
  #exitCode = 0;
  #isGone = false;

  /** `onGone` is called when nobody reads the results any more, as behind `| head`. */
  constructor(streams: TerminalStreams, onGone: () => void) {
    this.#streams = streams;
    this.colours = coloursOf(streams.stdout, streams.env);
    this.noteColours = coloursOf(streams.stderr, streams.env);
    const gone = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#isGone = true;
      onGone();
    };
    streams.stdout.on('error', gone);
    streams.stderr.on('error', gone);
  }

  /** What the command ends with although nothing failed: what it looked at is not as it should be. */
  get exitCode(): number {
    return this.#exitCode;
  }

  set exitCode(code: number) {
    this.#exitCode = code;
  }

  /** True when nobody reads the results any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get stdin(): Readable {
    return this.#streams.stdin;
  }

  get stderr(): TextStream {
    return this.#streams.stderr;
  }

  get env(): TerminalStreams['env'] {
    return this.#streams.env;
  }

  /** How many columns results may take; without end where no terminal shows them. */
  get width(): number {
    const { stdout, env } = this.#streams;
    const told = Number(env['COLUMNS']);
    if (stdout.isTTY === true) return stdout.columns ?? 80;
    return Number.isSafeInteger(told) && told > 0 ? told : Infinity;
  }

  /** Whether somebody can be asked. */
  get canAsk(): boolean {
    return this.#streams.stdin.isTTY === true && this.#streams.stderr.isTTY === true;
  }

  /** Writes to standard output, and waits while whoever reads it is slow. */
  async write(text: string): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((done) => this.#streams.stdout.write(text, () => done()));
  }

  /** Writes a line to standard error. */
  note(line: string): void {
    this.#streams.stderr.write(`${line}\n`);
  }

  /** Asks a question, and tells whether the answer was yes. */
  async isAgreed(question: string, signal: AbortSignal): Promise<boolean> {
    const { stdin, stderr } = this.#streams;
    const asked = createInterface({ input: stdin, output: stderr });
    try {
      const answer = await asked.question(`${question} [y/N] `, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      asked.close();
    }
  }
}

type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a terminal; what goes elsewhere has none, unless they are asked for. */
function coloursOf({ isTTY }: TextStream, env: TerminalStreams['env']): Colors {
  const isWanted = (isTTY === true && env['TERM'] !== 'dumb') || Boolean(env['FORCE_COLOR']);
  return picocolors.createColors(isWanted && !env['NO_COLOR']);
}
