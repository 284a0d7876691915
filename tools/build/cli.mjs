import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const PROJECT = resolve(import.meta.dirname, '../..');
/** What users have installed, or not: the command line asks for it when a command needs it. */
const INSTALLED = [/^ioredis$/, /^kafkajs$/, /^pg$/, /^yaml$/, /^class-validator$/, /^reflect-metadata$/, /^@nestjs\//];
/** The files of the entry `nest-event-backbone/cli`, which stay as they were compiled. */
const OF_THE_ENTRY = ['index', 'define-config'];

/**
 * Bundles the compiled command line with what it is made of, so that users need not install that. The library itself
 * stays outside: a configuration imports the same files.
 *
 * @param {string} library Where the compiled library is, `dist/lib`.
 */
export async function buildCli(library) {
  const folder = join(resolve(library), 'cli');
  const bundle = await build({
    root: PROJECT,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: join(folder, 'main.js'),
      target: 'node20',
      minify: false,
      write: false,
      license: { fileName: 'licenses.md' },
      rolldownOptions: {
        external: (id, importer) => INSTALLED.some((name) => name.test(id)) || isOfTheLibrary(id, importer, folder),
        output: { format: 'esm', entryFileNames: 'main.js', codeSplitting: false },
      },
    },
    ssr: { noExternal: true, target: 'node' },
    plugins: [ofTheProject(folder)],
  });
  const files = (Array.isArray(bundle) ? bundle : [bundle]).flatMap((each) => ('output' in each ? each.output : []));
  await removeParts(folder);
  for (const file of files) {
    await writeFile(join(folder, file.fileName), file.type === 'chunk' ? file.code : file.source);
  }
  await chmod(join(folder, 'main.js'), 0o755);
}

/**
 * What is bundled is the project's own, wherever the library was compiled to.
 *
 * @param {string} folder
 * @returns {import('vite').Plugin}
 */
function ofTheProject(folder) {
  return {
    name: 'of-the-project',
    resolveId(id, importer) {
      if (!importer?.startsWith(folder + sep) || id.startsWith('.')) return undefined;
      return this.resolve(id, join(PROJECT, 'package.json'), { skipSelf: true });
    },
  };
}

/** @param {string} id @param {string | undefined} importer @param {string} folder */
function isOfTheLibrary(id, importer, folder) {
  if (!importer || !id.startsWith('.') || !importer.startsWith(folder + sep)) return false;
  return relative(folder, resolve(dirname(importer), id)).startsWith('..');
}

/** Everything that is in the bundle now. @param {string} folder */
async function removeParts(folder) {
  for (const name of await readdir(folder)) {
    if (!OF_THE_ENTRY.some((entry) => name.startsWith(`${entry}.`))) await rm(join(folder, name), { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCli(join(PROJECT, 'dist/lib'));
