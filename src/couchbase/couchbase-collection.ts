/** What a payload store needs of a collection; that of the SDK `couchbase` 4 has it. */
export interface CouchbaseCollection {
  /** Rejects with an error named `DocumentNotFoundError` when there is none. */
  get(key: string, options?: object): Promise<{ readonly content: unknown; readonly cas: unknown }>;
  /** Rejects with an error named `DocumentExistsError` when there is one. Options: `expiry`, `durabilityLevel`, `timeout`. */
  insert(key: string, value: unknown, options?: object): Promise<unknown>;
  /** Rejects with an error named `CasMismatchError` when it has changed since. Options: `cas`, and those of `insert`. */
  replace(key: string, value: unknown, options?: object): Promise<unknown>;
  /** Options: `cas`, `durabilityLevel`, `timeout`. */
  remove(key: string, options?: object): Promise<unknown>;
}
