import type { Type } from '@nestjs/common';
import { CommandFactory } from 'nest-commander';
import { isBackboneError } from 'nest-event-backbone';
import { CommandError, EXIT } from './command-error.js';
import { StderrLog } from './stderr-log.js';

/** Runs a command line on the arguments of this process. What it ends with becomes the exit code: see {@link EXIT}. */
export async function runCommandLine(name: string, module: Type): Promise<void> {
  const logger = new StderrLog(name);
  try {
    await CommandFactory.run(module, {
      logger,
      abortOnError: false,
      errorHandler: rethrow,
      serviceErrorHandler: rethrow,
      outputConfiguration: {
        outputError: (text) =>
          logger.error(
            text
              .replace(/^error: /, '')
              .trim()
              .replaceAll('\n', ' '),
          ),
      },
    });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const line = lineOf(error);
    if (line !== undefined) logger.error(line);
  }
}

function rethrow(error: Error): never {
  throw error;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  if (isBackboneError(error, 'EB_LEASE_LOST')) return EXIT.overtaken;
  // Help ends by an error, too, one with exit code 0.
  if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.done : EXIT.refused;
  return EXIT.failed;
}

/** One line for what the user or the operator can mend, the stack for what only a developer can. */
function lineOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return String(error);
  if (isCommanderError(error)) return undefined; // has been written by then
  const isForPeople = error instanceof CommandError || isBackboneError(error);
  return isForPeople ? error.message : (error.stack ?? error.message);
}

function isCommanderError(error: unknown): error is Error & { readonly exitCode: number } {
  return (
    error instanceof Error && 'code' in error && 'exitCode' in error && String(error.code).startsWith('commander.')
  );
}
