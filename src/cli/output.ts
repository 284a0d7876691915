import { escaped, escapedJson } from './escaped.js';
import { fitted } from './fitted.js';
import type { Terminal } from './terminal.js';
import { textTable, type Column } from './text-table.js';

/** Shows the results of one command: as text for people, or as JSON for programs. */
export class Output {
  readonly terminal: Terminal;
  readonly isJson: boolean;

  constructor(terminal: Terminal, isJson: boolean) {
    this.terminal = terminal;
    this.isJson = isJson;
  }

  /** Shows a result: one JSON document, or the lines that `text` makes for people. */
  async result(document: unknown, text: () => readonly string[]): Promise<void> {
    if (this.isJson) await this.terminal.write(`${escapedJson(document, 2)}\n`);
    else await this.lines(text());
  }

  /** Shows one of many results: one line of JSON, or the lines that `text` makes for people. */
  async item(document: unknown, text: () => readonly string[]): Promise<void> {
    if (this.isJson) await this.terminal.write(`${escapedJson(document)}\n`);
    else await this.lines(text());
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.terminal.write(`${lines.join('\n')}\n`);
  }

  /** Tells people something that is no result; programs find it in the result itself. */
  note(line: string): void {
    if (!this.isJson) this.terminal.note(escaped(line));
  }

  /** Makes a table that is no wider than the terminal. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
    const { width, colours } = this.terminal;
    return textTable(columns, rows, { width, dim: colours.dim }).split('\n');
  }

  /** Makes lines of names and values; a value that is too long is cut, unless all of it is wanted. */
  pairs(pairs: readonly (readonly [string, string | undefined])[], isWhole = false): readonly string[] {
    const there = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[escaped(name), value] as const]));
    const indent = Math.min(24, Math.max(0, ...there.map(([name]) => name.length))) + 2;
    const { width, colours } = this.terminal;
    return there.map(([name, value]) => {
      const room = isWhole ? Infinity : Math.max(10, width - indent - 2);
      // Escapes are no shorter than what they stand for, so no more than this can be seen.
      const shown = fitted(escaped(Number.isFinite(room) ? value.slice(0, room + 1) : value), room);
      return `  ${colours.dim(name.padEnd(indent - 2))}  ${shown}`;
    });
  }
}
