import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SECURITY_HEADERS } from './security-headers.js';
import { Viewers } from './viewers.js';

/** Stands before every route: whoever comes gets the headers that keep browsers safe, and is let in or not. */
@Injectable()
export class DashboardGate implements CanActivate {
  readonly #viewers: Viewers;
  readonly #http: HttpAdapterHost;

  constructor(@Inject(Viewers) viewers: Viewers, @Inject(HttpAdapterHost) http: HttpAdapterHost) {
    this.#viewers = viewers;
    this.#http = http;
  }

  canActivate(context: ExecutionContext): Promise<boolean> {
    const response = context.switchToHttp().getResponse<unknown>();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      this.#http.httpAdapter.setHeader(response, name, value);
    }
    return this.#viewers.admit(context);
  }
}
