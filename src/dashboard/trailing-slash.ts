import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { DASHBOARD_PATH } from './tokens.js';

/** Answers the dashboard's address with a slash at its end where that is another one: on Fastify. */
@Injectable()
export class TrailingSlash implements OnApplicationBootstrap {
  readonly #path: string;
  readonly #http: HttpAdapterHost;
  readonly #config: ApplicationConfig;

  constructor(
    @Inject(DASHBOARD_PATH) path: string,
    @Inject(HttpAdapterHost) http: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#path = path;
    this.#http = http;
    this.#config = config;
  }

  // When all routes are there: a server may have been told that the slash makes no difference.
  onApplicationBootstrap(): void {
    const { httpAdapter } = this.#http as Partial<HttpAdapterHost>;
    if (httpAdapter?.getType() !== 'fastify') return;
    const prefix = this.#config.getGlobalPrefix().replace(/^\/+|\/+$/g, '');
    const url = `${prefix === '' ? '' : `/${prefix}`}/${this.#path}/`;
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    if (fastify.hasRoute({ method: 'GET', url })) return;
    fastify.get(url, (_request, reply) => void reply.redirect('./index.html'));
  }
}

/** What this needs of Fastify. */
interface FastifyInstance {
  hasRoute(route: { readonly method: string; readonly url: string }): boolean;
  get(url: string, answer: (request: unknown, reply: { redirect(to: string): unknown }) => void): unknown;
}
