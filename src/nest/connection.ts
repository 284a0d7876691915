import {
  BackboneError,
  createProducer,
  describeContract,
  type Channel,
  type ContractClass,
  type ContractDefinition,
  type Middleware,
  type Producer,
  type StreamReader,
} from '../core/index.js';
import { EventReader } from '../history/index.js';
import type { RetryWait } from '../middleware/retry.js';
import type { CheckedOptions } from './checked-options.js';
import { ConnectionFields } from './connection-fields.js';
import type { HealthProblem } from './health-problem.js';

/** What a test puts in place of the real thing; empty in production. */
export interface ConnectionSeams {
  /** How to wait between the tries of a handler. */
  readonly wait?: RetryWait;
  /** Innermost, on both sides. */
  readonly middleware?: readonly Middleware[];
}

/** What the parts of one connection share. */
export class Connection {
  readonly #producers = new Map<ContractClass, unknown>();
  /** Who reads streams of this connection without a group; retention waits for them. */
  readonly readers: StreamReader[] = [];
  /** What else runs on this connection, and tells what is wrong with it. */
  readonly healthSources: (() => Promise<readonly HealthProblem[]> | readonly HealthProblem[])[] = [];

  constructor(
    /** Absent for the only or the main connection. */
    readonly name: string | undefined,
    readonly options: CheckedOptions,
    readonly channel: Channel,
    /** Checks arguments, where a validator is installed and wanted. */
    readonly validation: Middleware | undefined,
    readonly seams: ConnectionSeams,
    private readonly fields: ConnectionFields = new ConnectionFields(options),
  ) {}

  /** Every contract that handlers or producers of this connection have named. */
  get contracts(): ReadonlySet<ContractDefinition> {
    return this.fields.contracts;
  }

  /** Reads a contract and remembers it. */
  contract(cls: ContractClass): ContractDefinition {
    const contract = describeContract(cls);
    this.fields.add(contract);
    return contract;
  }

  /** Returns the producer of a contract, the same one each time. */
  producer<C extends object>(cls: ContractClass<C>): Producer<C> {
    let producer = this.#producers.get(cls) as Producer<C> | undefined;
    if (!producer) {
      this.checkPrivacy(this.contract(cls));
      const { environment, source, codec, limits, middleware } = this.options;
      producer = createProducer(cls, {
        ...{ channel: this.channel, environment, source, codec, limits, keySecret: this.fields.keySecret },
        middleware: [...middleware, ...this.innerMiddleware()],
      });
      this.#producers.set(cls, producer);
    }
    return producer;
  }

  /** Makes a reader of a contract. */
  reader<C extends object>(cls: ContractClass<C>): EventReader<C> {
    this.contract(cls);
    const { environment, codec } = this.options;
    return new EventReader(cls, { channel: this.channel, environment, codec, producer: () => this.producer(cls) });
  }

  /** What stands between the user's own middleware (and the retries) and the event. */
  innerMiddleware(): readonly Middleware[] {
    return [...(this.validation ? [this.validation] : []), ...(this.seams.middleware ?? [])];
  }

  /**
   * Makes sure that personal and secret arguments of a contract can be stored here.
   *
   * @throws BackboneError `EB_OPTIONS`, `EB_UNSUPPORTED`
   */
  checkPrivacy(contract: ContractDefinition): void {
    if (this.fields.encrypts) return;
    const events = [...contract.byType.values()];
    const secret = events.find((event) => event.arguments.some(({ stored }) => stored?.encrypted === true));
    if (secret) {
      const where = `${contract.cls.name}.${secret.method}`;
      const remedy = 'give the connection `privacy: { secret, keys }`, or do without `encrypted`';
      throw new BackboneError(
        'EB_OPTIONS',
        `${where} has a @Stored({ encrypted: true }) argument, and nothing is encrypted; ${remedy}`,
      );
    }
    if (this.channel.supports.erase) return;
    const personal = events.find((event) => event.personal.length > 0);
    if (!personal) return;
    throw new BackboneError(
      'EB_UNSUPPORTED',
      `${contract.cls.name}.${personal.method} has a @Personal argument, and this channel cannot erase; encrypt it ` +
        '(`privacy: { secret, keys }`), produce it on a channel that can, or take the personal data out of the event',
      { details: { missing: ['erase'] } },
    );
  }
}
