import { Controller, Get, Header, Inject, NotImplementedException, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { isBackboneError } from '../core/index.js';
import type { AsyncApiDocument } from '../schema/index.js';
import { AsyncApi } from './async-api.js';

/** Makes the controller that serves an application's AsyncAPI document under a path. */
export function asyncApiController(path: string): Type {
  @Controller({ version: VERSION_NEUTRAL })
  class AsyncApiController {
    readonly #api: AsyncApi;

    constructor(@Inject(AsyncApi) api: AsyncApi) {
      this.#api = api;
    }

    @Get(`${path}.json`)
    json(): Promise<AsyncApiDocument> {
      return this.#api.document();
    }

    @Get(`${path}.yaml`)
    @Header('Content-Type', 'application/yaml; charset=utf-8')
    async yaml(): Promise<string> {
      try {
        return await this.#api.yaml();
      } catch (error) {
        if (isBackboneError(error, 'EB_UNSUPPORTED')) throw new NotImplementedException(error.message);
        throw error;
      }
    }
  }
  return AsyncApiController;
}
