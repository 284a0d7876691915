import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { streamOf, type ContractDefinition, type Stream } from '../core/index.js';
import { Connection } from '../nest/connection.js';
import type { ConsumerHost } from '../nest/consumer-host.js';
import { getProjectionsToken } from '../nest/projection.module.js';
import type { Projections } from '../nest/projections.js';
import { connectionToken } from '../nest/tokens.js';
import { refused, type DashboardOptions } from './dashboard.options.js';
import { refusal } from './refusal.js';
import { DASHBOARD_OPTIONS } from './tokens.js';

/** A connection that the dashboard shows. */
export interface ShownConnection {
  /** `default` for the one without a name. */
  readonly label: string;
  readonly connection: Connection;
  readonly host: ConsumerHost | undefined;
  readonly projections: Projections | undefined;
}

/** A stream that the dashboard shows. */
export interface KnownStream {
  /** What it is called in paths. */
  readonly id: string;
  readonly of: ShownConnection;
  readonly stream: Stream;
  /** All that share the stream. */
  readonly contracts: readonly ContractDefinition[];
}

// A router of Fastify takes parameters of up to 100 characters.
const LONGEST_ID = 96;

/** Knows the streams of the application's connections: those whose contracts it has named. */
@Injectable()
export class KnownStreams implements OnApplicationBootstrap {
  readonly #discovery: DiscoveryService;
  readonly #wanted: DashboardOptions['connections'];
  #connections: readonly ShownConnection[] | undefined;
  readonly #byConnection = new Map<
    ShownConnection,
    { readonly size: number; readonly streams: readonly KnownStream[] }
  >();
  #all: readonly KnownStream[] = [];
  #byId: ReadonlyMap<string, KnownStream> = new Map();

  constructor(
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(DASHBOARD_OPTIONS) { connections }: DashboardOptions,
  ) {
    this.#discovery = discovery;
    this.#wanted = connections;
  }

  /** @throws BackboneError `EB_OPTIONS` for a connection that the application does not have. */
  onApplicationBootstrap(): void {
    const found = this.#found();
    const labels = found.map(({ label }) => label);
    const missing = (this.#wanted ?? []).filter((name) => !labels.includes(name));
    if (missing.length > 0) {
      throw refused(`\`connections\` names ${missing.join(', ')}; this application has: ${labels.join(', ')}`);
    }
    this.#connections = found.filter(({ label }) => this.#wanted?.includes(label) ?? true);
  }

  get connections(): readonly ShownConnection[] {
    return this.#connections ?? [];
  }

  /** Every stream; contracts may become known while the application runs. */
  get all(): readonly KnownStream[] {
    const isSame = this.connections.every(
      (shown) => this.#byConnection.get(shown)?.size === shown.connection.contracts.size,
    );
    if (isSame) return this.#all;
    for (const shown of this.connections) {
      const { contracts } = shown.connection;
      this.#byConnection.set(shown, { size: contracts.size, streams: streamsOf(shown) });
    }
    this.#all = this.connections.flatMap((shown) => this.#byConnection.get(shown)?.streams ?? []);
    this.#byId = new Map(this.#all.map((stream) => [stream.id, stream]));
    return this.#all;
  }

  find(id: string): KnownStream | undefined {
    return this.all.length > 0 ? this.#byId.get(id) : undefined;
  }

  /** @throws HttpException 404 */
  get(id: string): KnownStream {
    const found = this.find(id);
    if (found) return found;
    throw refusal(404, 'NOT_FOUND', 'this application has no such stream; the list of streams shows those it has');
  }

  #found(): readonly ShownConnection[] {
    const providers = this.#discovery.getProviders();
    const at = (token: unknown): unknown => providers.find((each) => each.token === token)?.instance;
    const connections = new Map<string | undefined, Connection>();
    for (const { instance } of providers) {
      if (instance instanceof Connection) connections.set(instance.name, instance);
    }
    return [...connections].map(([name, connection]) => ({
      ...{ label: name ?? 'default', connection },
      host: at(connectionToken('host', name)) as ConsumerHost | undefined,
      projections: at(getProjectionsToken(name)) as Projections | undefined,
    }));
  }
}

function streamsOf(shown: ShownConnection): readonly KnownStream[] {
  const { contracts, options } = shown.connection;
  const byName = new Map<string, ContractDefinition[]>();
  for (const contract of contracts) byName.set(contract.name, [...(byName.get(contract.name) ?? []), contract]);
  return [...byName.values()].flatMap((sharing) => {
    const [first] = sharing;
    if (!first) return [];
    const stream = streamOf(first, options.environment);
    return { id: idOf(shown.label, stream), of: shown, stream, contracts: sharing };
  });
}

/** No name holds "~". */
function idOf(label: string, { environment, contract }: Stream): string {
  const id = `${label}~${environment}~${contract}`;
  if (id.length <= LONGEST_ID) return id;
  return `${id.slice(0, LONGEST_ID - 17)}~${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
}
