import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
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
          exclude: ['test/types/**'],
          globalSetup: ['test/servers.setup.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
