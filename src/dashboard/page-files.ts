import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { PAGE_DIRECTORY } from './tokens.js';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  /** Its name says what is in it: it never changes. */
  readonly isHashed: boolean;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
]);

/** `main-B4x_9Zq1.js`, as Vite names what it has built. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/** Holds the files of the built page, read once. Only what was found in its directory is ever given out. */
@Injectable()
export class PageFiles {
  readonly #directory: string;
  #files: Promise<ReadonlyMap<string, PageFile>> | undefined;

  constructor(@Inject(PAGE_DIRECTORY) directory: string) {
    this.#directory = directory;
  }

  /** A file by its path inside the page, `assets/main.js`. */
  async get(name: string): Promise<PageFile | undefined> {
    return (await this.#all()).get(name);
  }

  /** Whether the page was built. */
  async areThere(): Promise<boolean> {
    return (await this.#all()).has('index.html');
  }

  #all(): Promise<ReadonlyMap<string, PageFile>> {
    // A page that is not there may be built any time.
    this.#files ??= this.#read().then((files) => {
      if (!files.has('index.html')) this.#files = undefined;
      return files;
    });
    return this.#files;
  }

  async #read(): Promise<ReadonlyMap<string, PageFile>> {
    const found = await readdir(this.#directory, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = new Map<string, PageFile>();
    for (const entry of found) {
      const type = TYPES.get(extname(entry.name));
      if (!entry.isFile() || type === undefined) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(this.#directory.length + 1).replaceAll('\\', '/');
      files.set(name, { type, content: await readFile(path), isHashed: HASHED.test(entry.name) });
    }
    return files;
  }
}
