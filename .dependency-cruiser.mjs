/** Dependencies point one way. See docs/flow.md. */
const only = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.spec\\.ts$' },
  to: { pathNot: [`^src/${folder}/`, ...allowed] },
});

const node = [
  '^(node:)?(async_hooks|buffer|crypto|diagnostics_channel|events|fs|net|os|path|perf_hooks|stream|timers|timers/promises|tls|url|util|assert)',
];

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only('core-knows-no-one', 'core', [...node, 'reflect-metadata'], 'core: node:* and reflect-metadata only'),
    only('middleware-knows-core', 'middleware', [...node, '^src/core/'], 'middleware: core only'),
    only('payloads-know-core', 'payloads', [...node, '^src/core/'], 'capabilities: core only'),
    only('privacy-knows-core', 'privacy', [...node, '^src/core/'], 'capabilities: core only'),
    only('projections-know-core', 'projections', [...node, '^src/core/'], 'capabilities: core only'),
    only(
      'schema-knows-core',
      'schema',
      [...node, '^src/core/', 'reflect-metadata', 'class-validator', 'yaml'],
      'capabilities: core only',
    ),
    only('bridge-knows-core', 'bridge', [...node, '^src/core/'], 'capabilities: core only'),
    only('history-knows-core', 'history', [...node, '^src/core/'], 'capabilities: core only'),
    only('otel-knows-core', 'otel', [...node, '^src/core/', '@opentelemetry/api'], 'capabilities: core only'),
    only('memory-knows-core', 'memory', [...node, '^src/core/'], 'adapters: core and their own client'),
    only('postgres-knows-core', 'postgres', [...node, '^src/core/', 'pg'], 'adapters: core and their own client'),
    only('redis-knows-core', 'redis', [...node, '^src/core/', 'ioredis'], 'adapters: core and their own client'),
    only('couchbase-knows-core', 'couchbase', [...node, '^src/core/'], 'adapters: core and their own client'),
    only(
      'dynamodb-knows-core',
      'dynamodb',
      [...node, '^src/core/', '@aws-sdk/client-dynamodb'],
      'adapters: core and their own client',
    ),
    only('kafka-knows-core', 'kafka', [...node, '^src/core/', 'kafkajs'], 'adapters: core and their own client'),
    only(
      'nest-knows-core-and-middleware',
      'nest',
      [
        ...node,
        ...[
          '^src/bridge/',
          '^src/core/',
          '^src/history/',
          '^src/middleware/',
          '^src/payloads/',
          '^src/privacy/',
          '^src/projections/',
          '^src/schema/',
        ],
        ...['@nestjs/', 'rxjs', 'reflect-metadata', 'class-validator'],
      ],
      'nest: no adapter',
    ),
    only(
      'health-stands-on-nest',
      'health',
      [...node, '^src/core/', '^src/nest/', '@nestjs/', 'reflect-metadata'],
      'health: nest and Terminus',
    ),
    only(
      'prometheus-stands-on-nest-and-otel',
      'prometheus',
      [...node, '^src/core/', '^src/nest/', '^src/otel/', '@nestjs/', '@opentelemetry/', 'reflect-metadata', 'rxjs'],
      'prometheus: nest, otel and the official exporter',
    ),
    only(
      'dashboard-stands-on-nest',
      'dashboard',
      [
        ...node,
        '^(node:)?(http|module)$',
        ...['^src/core/', '^src/history/', '^src/nest/', '^src/privacy/', '^src/projections/'],
        ...['@nestjs/', 'rxjs', 'reflect-metadata', 'preact', '@preact/signals', 'uplot'],
      ],
      'dashboard: no adapter',
    ),
    only(
      'testing-stands-on-nest-and-memory',
      'testing',
      [...node, '^src/core/', '^src/memory/', '^src/nest/', '@nestjs/'],
      'testing: no server client',
    ),
    {
      name: 'users-import-the-package-by-its-name',
      severity: 'error',
      // The Kafka driver and the safe mark of PostgreSQL are no one's imports, and are tried on real servers.
      from: {
        path: '^(apps|libs|test|bench)/',
        pathNot: '^test/(kafka/(driver|start-driver|security)|postgres/marked-statement)',
      },
      to: { path: '^src/', pathNot: '^src/(index|[a-z]+/index)[.]ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
