import { defineConfig } from 'vitest/config';

/** The servers and two cores are shared: one file at a time, one project after another. */
const oneAfterAnother = (groupOrder: number) =>
  ({
    pool: 'forks',
    fileParallelism: false,
    sequence: { groupOrder },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  }) as const;

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    setupFiles: ['test/property-seed.setup.ts'],
    reporters: ['default', './tools/test/closing-line-reporter.mjs'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{src,libs,apps,tools}/**/*.spec.ts'], pool: 'threads', isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/types/**', 'test/kafka/**', 'test/postgres/**'],
          globalSetup: ['test/servers.setup.ts'],
          ...oneAfterAnother(1),
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.spec.ts'],
          globalSetup: ['test/kafka.setup.ts'],
          ...oneAfterAnother(2),
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: ['test/postgres/**/*.spec.ts'],
          globalSetup: ['test/postgres.setup.ts'],
          ...oneAfterAnother(3),
        },
      },
    ],
  },
});
