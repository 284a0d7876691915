import { defineConfig } from 'vitest/config';

/** With real servers, in processes of their own. */
const onServers = { pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 } as const;
/** Many of these stop and slow down servers of their own, or measure memory: one file at a time. */
const oneAtATime = { ...onServers, fileParallelism: false, sequence: { groupOrder: 1 } } as const;
/** These mostly wait for their servers: two files at a time, of both projects. */
const twoAtATime = { ...onServers, maxWorkers: 2, sequence: { groupOrder: 2 } } as const;

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    setupFiles: ['test/property-seed.setup.ts'],
    reporters: ['default', './tools/test/closing-line-reporter.mjs'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,libs,apps,tools}/**/*.spec.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/types/**', 'test/kafka/**', 'test/postgres/**'],
          globalSetup: ['test/servers.setup.ts'],
          ...oneAtATime,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.spec.ts'],
          globalSetup: ['test/kafka.setup.ts'],
          ...twoAtATime,
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: ['test/postgres/**/*.spec.ts'],
          globalSetup: ['test/postgres.setup.ts'],
          ...twoAtATime,
        },
      },
    ],
  },
});
