import { Catch, Logger, ServiceUnavailableException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { BackboneError } from 'nest-event-backbone';

/** Answers 503 with the error's code when an event could not be stored, or nobody knows whether it was; or data not erased. */
@Catch(BackboneError)
export class NotStoredFilter extends BaseExceptionFilter<BackboneError> {
  readonly #logger = new Logger('order');

  override catch(error: BackboneError, host: ArgumentsHost): void {
    this.#logger.error(error.message);
    super.catch(new ServiceUnavailableException({ statusCode: 503, error: error.code }) as never, host);
  }
}
