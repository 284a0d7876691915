import type { LoggerService } from '@nestjs/common';
import picocolors from 'picocolors';

/** Writes what goes wrong to standard error, so that standard output holds results only. */
export class StderrLog implements LoggerService {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  log(): void {
    // A command says by itself what it does.
  }

  warn(message: unknown): void {
    this.#write(message, picocolors.yellow);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // What Nest could not start with is what the command ends with, and is told then.
    if (rest.at(-1) !== 'ExceptionHandler') this.#write(message, picocolors.red);
  }

  #write(message: unknown, colour: (text: string) => string): void {
    process.stderr.write(`${this.#name}: ${colour(String(message))}\n`);
  }
}
