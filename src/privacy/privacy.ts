import { BackboneError, describeContract, streamOf, type ContractClass } from '../core/index.js';
import { Audit, type AuditedParts, type AuditReport } from './audit.js';
import { carryOut, type ErasingParts, type ErasureReport } from './erasing.js';
import { eventErasure } from './event-erasure.js';
import { eventsById } from './events-by-id.js';
import type { Rotation, RotationOptions } from './key-rotation.js';
import { personalData, type PersonalEvent } from './personal-data.js';
import { checkedSubject, checkedTenant } from './subjects-of.js';

/** What the service works with. */
export interface PrivacyParts extends ErasingParts, AuditedParts {
  /** The environment of the application's own streams. */
  readonly environment: string;
  /** Is told what was done; never about whom. */
  readonly log?: (line: string) => void;
}

/** Whose data is meant. */
export interface OfTenant {
  /** The tenant that the application's `tenant` option gives for the person's events. */
  readonly tenant?: string;
}

/** Who wants to see how far something is that takes long. */
export interface WithProgress {
  /** Called with how many more events are done. */
  readonly onProgress?: (more: number) => void;
}

/** Erases and shows what is stored about a person. Inject it by its class. */
export class Privacy {
  readonly #given: PrivacyParts | undefined;

  /** Without parts, every call is refused. */
  constructor(parts: PrivacyParts | undefined) {
    this.#given = parts;
  }

  /** True where the application has set it up. */
  get isSetUp(): boolean {
    return this.#given !== undefined;
  }

  /**
   * Erases everything that is known about a person: the data key, the personal fields in every stream and payload store;
   * then `$erased` events tell consumers what to forget. When it was cut off, the next call finishes it, and so does the
   * next start of an application. An event of the person that is appended meanwhile may be erased, too.
   *
   * @throws BackboneError `EB_ARGUMENT` for nobody; what a store or the channel rejects with: call it again.
   */
  async erase(subject: string, { tenant = '', onProgress }: OfTenant & WithProgress = {}): Promise<ErasureReport> {
    const parts = this.#parts;
    const pseudonym = parts.pseudonyms.ofSubject(checkedTenant(tenant), checkedSubject(subject));
    await this.verify();
    const keyId = await parts.ring?.currentKeyId(pseudonym);
    const erasure = { pseudonym, keyId, time: Date.now() };
    await parts.journal.begin(erasure);
    const report = await carryOut(parts, erasure, onProgress);
    parts.log?.(`erased a person: ${counted(report)}`);
    return report;
  }

  /**
   * Erases the personal fields of one event, and whatever was encrypted under the event's own key. When it was cut off, the
   * next call finishes it, and so does the next start of an application that knows the contract. Returns false for an event
   * that is not there.
   *
   * @throws BackboneError `EB_UNSUPPORTED` where the fields cannot be taken out of the event, and belong to a person whose
   *   key is for other events, too.
   */
  async eraseEvent(contract: ContractClass, id: string): Promise<boolean> {
    const parts = this.#parts;
    const definition = describeContract(contract);
    const stream = streamOf(definition, parts.environment);
    await this.verify();
    for await (const { message } of eventsById(parts.stored, stream, [id])) {
      if (!message) continue;
      const erasure = await eventErasure(parts, stream, message);
      await parts.journal.begin(erasure);
      await carryOut({ ...parts, contracts: () => [definition, ...parts.contracts()] }, erasure);
      parts.log?.(`erased the personal fields of ${message.type} ${id}`);
      return true;
    }
    return false;
  }

  /** Gives everything that events hold about a person, in the clear; those that were erased are not among it. */
  async export(subject: string, { tenant = '' }: OfTenant = {}): Promise<readonly PersonalEvent[]> {
    const parts = this.#parts;
    const pseudonym = parts.pseudonyms.ofSubject(checkedTenant(tenant), checkedSubject(subject));
    await this.verify();
    const events = await personalData(parts, pseudonym);
    parts.log?.(`exported the data of a person: ${events.length} events`);
    return events;
  }

  /**
   * Looks at everything that is stored of the contracts that the application knows, past the encryption: is there a field of
   * an erased person that can be read, or a personal one that is not encrypted although encryption is on? Reads whole
   * streams.
   */
  async audit({ onProgress }: WithProgress = {}): Promise<AuditReport> {
    const parts = this.#parts;
    await this.verify();
    const audit = new Audit(parts, onProgress);
    for (const contract of parts.contracts()) await audit.walk(contract, streamOf(contract, parts.environment));
    return audit.report;
  }

  /**
   * Wraps data keys anew under the current wrapping key, some of them; call it again with `from: next` until there is no
   * `next`. Then the old wrapping key is not needed any more. Best when nobody is erased meanwhile.
   *
   * @throws BackboneError `EB_OPTIONS` without keys.
   */
  async rotateKeys(options?: RotationOptions): Promise<Rotation> {
    const { ring } = this.#parts;
    if (ring) return ring.rotate(options);
    throw new BackboneError('EB_OPTIONS', 'there are no data keys to rotate; set `privacy.keys` up');
  }

  /** Makes sure that the stores belong to the secrets in the options. Rejects when one of them is away. */
  async verify(): Promise<void> {
    const { index, ring } = this.#parts;
    await Promise.all([index.verify(), ring?.verify()]);
  }

  /** Finishes erasures that were cut off; returns how many. The application's start does it by itself. */
  async resume(): Promise<number> {
    const parts = this.#parts;
    await this.verify();
    const contracts = new Set([...parts.contracts()].map(({ name }) => name));
    // An event is left to an application that can announce it.
    const open = (await parts.journal.open()).filter(({ event }) => !event || contracts.has(event.stream.contract));
    for (const erasure of open) {
      const report = await carryOut(parts, erasure);
      const whose = erasure.event ? 'an event' : 'a person';
      parts.log?.(`finished the erasure of ${whose} that had been cut off: ${counted(report)}`);
    }
    return open.length;
  }

  get #parts(): PrivacyParts {
    if (this.#given) return this.#given;
    throw new BackboneError('EB_OPTIONS', 'Privacy is not set up; give EventBackboneModule the option `privacy`');
  }
}

function counted({ events, fields, keys, announced }: ErasureReport): string {
  return `${fields} fields of ${events} events, ${keys} keys, ${announced} announcements`;
}
