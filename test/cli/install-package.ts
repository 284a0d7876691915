import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { buildCli } from '../../tools/build/cli.mjs';

const PROJECT = resolve(import.meta.dirname, '../..');
/** What users do not have, since the package does not depend on it: it must be in the bundle. */
const BUNDLED = ['commander', 'cli-table3', 'cli-progress', 'picocolors', 'string-width'];

/** A folder of a user who has installed the package, and the servers' clients beside it. */
export interface Installed {
  readonly folder: string;
  /** The program, as `npx event-backbone` starts it. */
  readonly main: string;
  /** Compiles TypeScript files of the tests into the folder. */
  compile(...sources: readonly string[]): Promise<void>;
  /** The same package in another folder, with these packages beside it only. */
  besides(...packages: readonly string[]): Promise<Pick<Installed, 'folder' | 'main'>>;
  remove(): Promise<void>;
}

/** Compiles the library, bundles its command line and installs both into a folder of their own, as a user has them. */
export async function installPackage(): Promise<Installed> {
  const root = await mkdtemp(join(emptyAbove(), 'event-backbone-cli-'));
  const folder = join(root, 'all');
  const modules = join(folder, 'node_modules');
  const home = join(modules, 'nest-event-backbone');
  const options = await compilerOptions();
  await mkdir(home, { recursive: true });
  await cp(join(PROJECT, 'package.json'), join(home, 'package.json'));
  for (const name of await readdir(join(PROJECT, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts') || /\.(spec|d)\.ts$|^dashboard.page/.test(name)) continue;
    await compile(join(PROJECT, 'src', name), join(home, 'dist/lib', name), options);
  }
  await buildCli(join(home, 'dist/lib'));
  const all = await readdir(join(PROJECT, 'node_modules'));
  await link(
    modules,
    all.filter((name) => !name.startsWith('.') && !BUNDLED.includes(name)),
  );
  await writeFile(join(folder, 'package.json'), '{"name":"a-user","type":"module","private":true}');
  return {
    folder,
    main: mainOf(folder),
    compile: async (...sources) => {
      for (const source of sources) {
        const name = source.slice(source.lastIndexOf('/') + 1);
        await compile(join(PROJECT, source), join(folder, name), options);
      }
    },
    besides: async (...packages) => {
      const other = await mkdtemp(join(root, 'some-'));
      await cp(home, join(other, 'node_modules/nest-event-backbone'), { recursive: true });
      await link(join(other, 'node_modules'), packages);
      return { folder: other, main: mainOf(other) };
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function mainOf(folder: string): string {
  return join(folder, 'node_modules/nest-event-backbone/dist/lib/cli/main.js');
}

/** A folder for temporary ones in which no packages lie about: they would be found, too. */
function emptyAbove(): string {
  return existsSync(join(tmpdir(), 'node_modules')) ? '/var/tmp' : tmpdir();
}

/** Types are checked elsewhere. */
async function compile(source: string, target: string, compilerOptions: ts.CompilerOptions): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), { compilerOptions });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target.replace(/\.ts$/, '.js'), outputText);
}

async function compilerOptions(): Promise<ts.CompilerOptions> {
  const text = await readFile(join(PROJECT, 'tsconfig.json'), 'utf8');
  const { config } = ts.parseConfigFileTextToJson('tsconfig.json', text) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, PROJECT);
  // That its folder is one of ES modules is more than a single file can know.
  const modules = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  return { ...options, ...modules, sourceMap: false, noEmit: false };
}

async function link(modules: string, names: readonly string[]): Promise<void> {
  for (const name of names) await symlink(join(PROJECT, 'node_modules', name), join(modules, name), 'junction');
}
