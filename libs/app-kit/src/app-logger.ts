import type { LoggerService } from '@nestjs/common';
import picocolors from 'picocolors';

/** Writes short lines for people: who speaks, in a colour of its own, then what. Nest's own start-up lines are left out. */
export class AppLogger implements LoggerService {
  readonly #name: string | undefined;
  readonly #write: (line: string) => void;

  /** Without a name, each line begins with its context: for several apps in one process. */
  constructor(name?: string, write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`)) {
    this.#name = name;
    this.#write = write;
  }

  log(message: unknown, ...rest: unknown[]): void {
    // Nest passes the context last, and before it what programs read.
    const context = rest.at(-1);
    if (!QUIET.has(context)) this.#line(message, context, context === LIBRARY ? picocolors.dim : undefined);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#line(message, rest.at(-1), picocolors.yellow);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // Before the context there may be a stack.
    const [stack] = rest.length > 1 ? rest : [];
    this.#line(message, rest.at(-1), picocolors.red);
    if (typeof stack === 'string') this.#line(stack, rest.at(-1), picocolors.dim);
  }

  #line(message: unknown, context: unknown, colour: (text: string) => string = String): void {
    const name = this.#name ?? (context === LIBRARY ? 'backbone' : typeof context === 'string' ? context : 'app');
    const prefix = (COLOURS[name] ?? picocolors.dim)(name.padEnd(PREFIX_WIDTH));
    const text = message instanceof Error ? (message.stack ?? message.message) : String(message);
    for (const line of text.split('\n')) this.#write(`${prefix} ${colour(line)}`);
  }
}

const PREFIX_WIDTH = 8;
const LIBRARY = 'EventBackbone';
const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  order: picocolors.cyan,
  transit: picocolors.yellow,
  reporter: picocolors.magenta,
};
const QUIET: ReadonlySet<unknown> = new Set([
  ...['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer'],
]);
