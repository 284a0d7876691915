import {
  Controller,
  Get,
  Inject,
  Param,
  Req,
  Res,
  StreamableFile,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DashboardFailures } from './dashboard-failures.js';
import { DashboardGate } from './dashboard-gate.js';
import { PageFiles } from './page-files.js';
import { refusal } from './refusal.js';

/** Makes the controller that serves the page; all its addresses are relative, so that it works under any prefix and proxy. */
export function pageController(path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(DashboardGate)
  @UseFilters(DashboardFailures)
  class DashboardPageController {
    readonly #files: PageFiles;
    readonly #http: HttpAdapterHost;

    constructor(@Inject(PageFiles) files: PageFiles, @Inject(HttpAdapterHost) http: HttpAdapterHost) {
      this.#files = files;
      this.#http = http;
    }

    @Get()
    page(@Req() { url }: { readonly url: string }, @Res({ passthrough: true }) response: unknown): string {
      this.#http.httpAdapter.setHeader(response, 'location', pageBelow(url));
      this.#http.httpAdapter.status(response, 302);
      return '';
    }

    @Get(':file')
    file(@Param('file') name: string, @Res({ passthrough: true }) response: unknown): Promise<StreamableFile> {
      return this.#file(name, response);
    }

    @Get('assets/:file')
    asset(@Param('file') name: string, @Res({ passthrough: true }) response: unknown): Promise<StreamableFile> {
      return this.#file(`assets/${name}`, response);
    }

    async #file(name: string, response: unknown): Promise<StreamableFile> {
      const file = await this.#files.get(name);
      if (file) {
        const caching = file.isHashed ? 'private, max-age=31536000, immutable' : 'no-cache';
        this.#http.httpAdapter.setHeader(response, 'cache-control', caching);
        return new StreamableFile(file.content, { type: file.type, length: file.content.length });
      }
      if (await this.#files.areThere()) throw refusal(404, 'NOT_FOUND', 'there is nothing at this address');
      const message = 'the page of the dashboard was not built; `npm run build:lib` in the package does it';
      throw refusal(503, 'NOT_BUILT', message);
    }
  }
  return DashboardPageController;
}

/** The address of the page, relative to that of the dashboard, with a slash at its end or without. */
function pageBelow(url: string): string {
  const [address = '', query] = url.split('?', 2);
  const last = address.endsWith('/') ? '.' : `./${address.slice(address.lastIndexOf('/') + 1)}`;
  return `${last}/index.html${query === undefined ? '' : `?${query}`}`;
}
