import {
  jsonCodec,
  transformedChannel,
  DEFAULT_LIMITS,
  type Channel,
  type ContractDefinition,
  type FieldTransform,
  type PayloadStore,
} from '../core/index.js';
import { payloadRouting, type PayloadRouting } from '../payloads/index.js';
import {
  derivedSecret,
  ErasureJournal,
  fieldEncryption,
  KeyRing,
  Pseudonyms,
  SEALED_BYTES,
  secretCheck,
  SubjectIndex,
  type PrivacyParts,
} from '../privacy/index.js';
import type { CheckedOptions } from './checked-options.js';

/** What becomes of the fields of a connection's events on their way: who they are about, encrypted, kept elsewhere. */
export class ConnectionFields {
  /** Every contract that the connection knows. */
  readonly contracts = new Set<ContractDefinition>();
  /** True where personal fields are encrypted before they reach the channel. */
  readonly encrypts: boolean;
  /** The secret of hashed keys; absent without `privacy`. */
  readonly keySecret: Uint8Array | undefined;
  readonly #options: CheckedOptions;
  readonly #routing: PayloadRouting | undefined;
  readonly #privacy: Pick<PrivacyParts, 'pseudonyms' | 'index' | 'journal' | 'ring'> | undefined;

  /** @throws BackboneError `EB_OPTIONS` for stores, routes, secrets and keys that cannot work. */
  constructor(options: CheckedOptions) {
    const { payloads, privacy, limits } = options;
    this.#options = options;
    const maxArgumentBytes = (limits?.maxArgumentBytes ?? DEFAULT_LIMITS.maxArgumentBytes) + SEALED_BYTES;
    this.#routing = payloads && payloadRouting({ ...payloads, maxArgumentBytes });
    this.#privacy = privacy && partsOf(privacy);
    this.encrypts = privacy?.keys !== undefined && privacy.encrypt !== false;
    this.keySecret = privacy && derivedSecret(privacy.secret, 'hashed-keys');
  }

  /** Remembers a contract, and learns what it says about its arguments. */
  add(contract: ContractDefinition): void {
    this.#routing?.add(contract);
    this.contracts.add(contract);
  }

  /** Makes the channel that the application works with: people are noted, then fields encrypted, then kept elsewhere. */
  wrapped(channel: Channel): Channel {
    const { privacy } = this.#options;
    const parts = this.#privacy;
    const transforms: FieldTransform[] = [];
    if (parts) transforms.push(parts.index.transform);
    if (parts?.ring) {
      const { pseudonyms, ring } = parts;
      const contracts = () => this.contracts;
      const encrypt = this.encrypts;
      transforms.push(fieldEncryption({ pseudonyms, ring, encrypt, tenant: privacy?.tenant, contracts }));
    }
    return transformedChannel(channel, [...transforms, ...this.#routed()]);
  }

  /** What the privacy service of a connection works with; nothing where it is not set up. */
  privacyParts(channel: Channel, log: (line: string) => void): PrivacyParts | undefined {
    const { environment, source, codec = jsonCodec, payloads } = this.#options;
    return (
      this.#privacy && {
        ...this.#privacy,
        ...{ channel, environment, source, codec, log },
        contracts: () => this.contracts,
        stored: transformedChannel(this.#options.channel, this.#routed()),
        encrypt: this.encrypts,
        stores: payloads?.stores ?? {},
      }
    );
  }

  /** Closes the stores, each once. */
  async close(): Promise<void> {
    const { payloads, privacy } = this.#options;
    const stores = new Set<PayloadStore>(Object.values(payloads?.stores ?? {}));
    for (const store of [privacy?.keys?.store, privacy?.index]) if (store) stores.add(store);
    await Promise.all([...stores].map((store) => store.close()));
  }

  #routed(): readonly FieldTransform[] {
    return this.#routing ? [this.#routing] : [];
  }
}

/** A secret alone is for hashed keys only. */
function partsOf({
  secret,
  keys,
  index = keys?.store,
  tenant,
}: NonNullable<CheckedOptions['privacy']>):
  Pick<PrivacyParts, 'pseudonyms' | 'index' | 'journal' | 'ring'> | undefined {
  if (!index) return undefined;
  const pseudonyms = new Pseudonyms(secret, keys?.cacheSize, keys?.cacheMs);
  const ring = keys && new KeyRing(keys, [secretCheck({ pseudonyms })]);
  return {
    pseudonyms,
    ring,
    index: new SubjectIndex(index, { pseudonyms, tenant }),
    journal: new ErasureJournal(index),
  };
}
