import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '../dev-stack/index.mjs';
import { rollingUpgrade } from './rolling-upgrade.mjs';

/**
 * Packs the library, installs the tarball in an empty project with Nest 12, puts the README's example there word for
 * word, compiles it and waits until its handler has run. Then one build of an application is replaced by the next one
 * while both work.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const project = mkdtempSync(join(tmpdir(), 'try-package-'));
const stack = await startStack({ services: ['redis'] });
try {
  const { redis } = stack;
  if (redis?.available !== true) throw new Error(`no Redis: ${redis?.available === false ? redis.reason : ''}`);
  install();
  writeExample();
  cpSync(fileURLToPath(new URL('rolling', import.meta.url)), join(project, 'src', 'rolling'), { recursive: true });
  run('npx', ['tsc', '-p', '.'], project);
  await handled(redis.url);
  if (!run('npx', ['event-backbone', '--help'], project).includes('dead-letters')) throw new Error('no command line');
  console.log("the packed library runs the README's example in a fresh project");
  await rollingUpgrade({ folder: join(project, 'dist', 'rolling'), url: redis.url });
  console.log(
    'two builds on the packed library replace each other, consumers first and producers first, and lose nothing',
  );
} finally {
  await stack.stop();
  rmSync(project, { recursive: true, force: true });
}

function install() {
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], root));
  const list = Array.isArray(packed) ? packed : Object.values(packed);
  const versions = (/** @type {string[]} */ names) =>
    Object.fromEntries(names.map((name) => [name, manifest.devDependencies[name]]));
  const own = {
    name: 'fresh',
    private: true,
    type: 'module',
    dependencies: {
      ...versions(['@nestjs/common', '@nestjs/core', 'class-validator', 'ioredis', 'reflect-metadata', 'rxjs']),
      [manifest.name]: `file:${list[0].filename}`,
    },
    devDependencies: versions(['@types/node', 'typescript']),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(own, null, 2));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], project);
}

/** The compiler options that `nest new` writes, as far as they matter here. */
function writeExample() {
  const compilerOptions = {
    ...{ target: 'ES2023', module: 'nodenext', moduleResolution: 'nodenext', strict: true, skipLibCheck: true },
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true, types: ['node'], rootDir: 'src', outDir: 'dist' },
    ...{ isolatedModules: true, strictPropertyInitialization: false },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  mkdirSync(join(project, 'src'));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  let files = 0;
  for (const [, name, code] of readme.matchAll(/```ts\n\/\/ src\/(\S+)\n([\s\S]*?)```/g)) {
    writeFileSync(join(project, 'src', String(name)), String(code));
    files += 1;
  }
  if (files < 4) throw new Error(`the README's example has ${files} files, expected at least 4`);
}

/** @param {string} url */
async function handled(url) {
  const env = { ...process.env, REDIS_URL: url, NO_COLOR: '1' };
  const child = spawn(process.execPath, ['dist/main.js'], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the handler did not run in time:\n${output}`)), 30_000);
      const hear = (/** @type {Buffer} */ text) => {
        output += text.toString();
        if (!/product 7 of shipment \S+ packed at/.test(output)) return;
        clearTimeout(timer);
        resolve(undefined);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`the example ended with ${code}:\n${output}`)));
    });
  } finally {
    child.removeAllListeners('exit');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}
