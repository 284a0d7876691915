import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { BackboneError, describeError } from '../core/index.js';
import { PROJECTION_DIAGNOSTICS, type ProjectionDiagnostic } from '../projections/index.js';
import type { Connection } from './connection.js';
import type { ProjectionExplorer } from './projection-explorer.js';
import type { ProjectionModuleOptions } from './projection-module.options.js';
import { projectionProblems } from './projection-problems.js';
import type { Projections } from './projections.js';

/** Ties projections to the application's life: found and checked, then started, then stopped before the databases close. */
export class ProjectionHost implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('EventBackbone');
  #started: readonly string[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly options: ProjectionModuleOptions,
    private readonly explorer: ProjectionExplorer,
    private readonly projections: Projections,
  ) {}

  async onModuleInit(): Promise<void> {
    const found = await this.explorer.explore(this.options.model);
    const names = found.map(({ runner }) => runner.name);
    this.#started = chosen(this.options.projections, names);
    const runners = found.map(({ runner }) => runner);
    this.projections.install(runners);
    this.connection.readers.push(...runners);
    this.connection.healthSources.push(() => projectionProblems(runners));
    subscribe(PROJECTION_DIAGNOSTICS, this.#log);
    for (const { runner, rows } of found) {
      const note = this.#started.includes(runner.name) ? '' : ' (not started)';
      for (const { where, event } of rows) this.#logger.log(`${where} -> ${event} -> projection ${runner.name}${note}`);
    }
  }

  onApplicationBootstrap(): void {
    for (const name of this.#started) this.projections.run(name);
  }

  async onModuleDestroy(): Promise<void> {
    await this.projections.stop(this.connection.options.shutdownTimeoutMs);
    unsubscribe(PROJECTION_DIAGNOSTICS, this.#log);
  }

  readonly #log = (said: unknown): void => {
    const { channel, projection, kind, eventId, type, error, reason } = said as ProjectionDiagnostic;
    if (channel !== this.connection.channel) return;
    const event = eventId === undefined ? '' : ` at ${type ?? ''} ${eventId}`;
    const why = error === undefined ? '' : `: ${reason ?? describeError(error)}`;
    const line = `projection ${projection}: ${kind}${event}${why}`;
    if (kind === 'failed') this.#logger.error(line);
    else if (error === undefined) this.#logger.log(line);
    // What a handler threw may quote an argument; the read model keeps it without.
    else if (kind === 'skipped') this.#logger.warn(`projection ${projection}: skipped${event}; skipped() tells why`);
    else this.#logger.warn(line);
  };
}

function chosen(wanted: ProjectionModuleOptions['projections'] = 'all', names: readonly string[]): readonly string[] {
  if (wanted === 'all') return names;
  if (wanted === 'none') return [];
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return wanted;
  throw new BackboneError(
    'EB_OPTIONS',
    `ProjectionModule: \`projections\` names ${unknown.join(', ')}; this application has: ${names.join(', ')}`,
    { details: { unknown } },
  );
}
