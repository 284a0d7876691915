/** How a line is logged. */
export type LineLevel = 'log' | 'warn' | 'error';

/** A line of the log: for people, and the same as data for programs. */
export interface LogLine {
  readonly level: LineLevel;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Recent {
  written: number;
  held: number;
  last: LogLine;
  readonly timer: NodeJS.Timeout;
}

const BURST = 5;
const WINDOW_MS = 10_000;

/** Keeps an outage from filling the log: of lines of one kind, a few in ten seconds are written, the rest is counted. */
export class LineLimit {
  readonly #write: (line: LogLine) => void;
  readonly #recent = new Map<string, Recent>();

  constructor(write: (line: LogLine) => void) {
    this.#write = write;
  }

  /** Writes a line, unless too many of its kind were written just now; then the last of them tells how many. */
  say(kind: string, line: LogLine): void {
    let recent = this.#recent.get(kind);
    if (!recent) {
      const timer = setTimeout(() => this.#end(kind), WINDOW_MS).unref();
      this.#recent.set(kind, (recent = { written: 0, held: 0, last: line, timer }));
    }
    recent.last = line;
    if (recent.written < BURST) {
      recent.written += 1;
      this.#write(line);
    } else recent.held += 1;
  }

  /** Tells what is held back. */
  close(): void {
    for (const kind of [...this.#recent.keys()]) this.#end(kind);
  }

  #end(kind: string): void {
    const recent = this.#recent.get(kind);
    this.#recent.delete(kind);
    if (!recent) return;
    clearTimeout(recent.timer);
    const { held, last } = recent;
    if (held === 0) return;
    const text = held === 1 ? last.text : `${last.text} (the last of ${held} such lines)`;
    this.#write({ ...last, text, data: { ...last.data, lines: held } });
  }
}
