import { Catch, HttpException, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isBackboneError, type ErrorCode } from '../core/index.js';
import type { Failure } from './dashboard-api.js';

/** The server behind a connection does not answer for now, or says no; the page tries again. */
const AWAY: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['EB_CHANNEL', 'EB_CLOSED', 'EB_TIMEOUT', 'EB_NOT_STORED', 'EB_OUTCOME_UNKNOWN', 'EB_BACKPRESSURE'] as const),
]);
const ASKED_WRONGLY: ReadonlySet<string> = new Set<ErrorCode>(['EB_ARGUMENT', 'EB_NAME', 'EB_UNSUPPORTED']);

/** Answers what goes wrong as JSON that the page understands, and never with what a foreign error says. */
@Catch()
export class DashboardFailures implements ExceptionFilter {
  readonly #logger = new Logger('EventBackbone');
  readonly #http: HttpAdapterHost;

  constructor(@Inject(HttpAdapterHost) http: HttpAdapterHost) {
    this.#http = http;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const { status, failure } = this.#answer(error);
    this.#http.httpAdapter.reply(host.switchToHttp().getResponse(), failure, status);
  }

  #answer(error: unknown): { readonly status: number; readonly failure: Failure } {
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const said = error.getResponse() as { readonly code?: unknown };
      const code = typeof said.code === 'string' ? said.code : `HTTP_${status}`;
      return { status, failure: { code, message: error.message } };
    }
    if (isBackboneError(error) && AWAY.has(error.code)) {
      return { status: 503, failure: { code: error.code, message: error.message, away: true } };
    }
    if (isBackboneError(error) && ASKED_WRONGLY.has(error.code)) {
      return { status: 400, failure: { code: error.code, message: error.message } };
    }
    // What it says may quote an argument; where it comes from does not.
    const name = error instanceof Error ? error.name : typeof error;
    const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
    this.#logger.error([`dashboard: a request failed with ${name}`, ...frames].join('\n'));
    return { status: 500, failure: { code: 'UNEXPECTED', message: 'the dashboard failed; the log tells where' } };
  }
}
