import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const manifest = 'nest-event-backbone/package.json';

/** The version of the package. */
export const PACKAGE_VERSION = (require(manifest) as { readonly version: string }).version;

/** Where the build of the dashboard's page is. */
export const BUILT_PAGE = join(dirname(require.resolve(manifest)), 'dist', 'lib', 'dashboard', 'page');
