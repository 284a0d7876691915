import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadStore } from 'nest-event-backbone/core';
import { couchbasePayloadStore, type CouchbaseCollection } from 'nest-event-backbone/couchbase';
import { payloadStoreConformance } from 'nest-event-backbone/testing';

/** What these tests need of the SDK, which is not installed with this project: `npm install --no-save couchbase`. */
interface Sdk {
  connect(url: string, options: object): Promise<Cluster>;
}
interface Cluster {
  bucket(name: string): { defaultCollection(): CouchbaseCollection };
  close(): Promise<void>;
}

/** `couchbase://user:password@host/bucket` */
const url = process.env['COUCHBASE_URL'] ?? '';
if (url === '') console.log('tests of the payload store on Couchbase are skipped: COUCHBASE_URL names no server');

describe.skipIf(url === '')('the payload store on Couchbase keeps its promises:', () => {
  let cluster: Cluster;
  let store: PayloadStore;
  let open: () => Promise<PayloadStore>;
  beforeAll(async () => {
    const { protocol, host, username, password, pathname } = new URL(url);
    // A name that the compiler cannot follow: there is nothing to find without the SDK.
    const name: string = 'couchbase';
    const sdk = (await import(name)) as Sdk;
    cluster = await sdk.connect(`${protocol}//${host}`, {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    });
    const collection = cluster.bucket(pathname.slice(1)).defaultCollection();
    open = () => Promise.resolve(couchbasePayloadStore({ collection }));
    store = await open();
  });
  afterAll(() => cluster.close());

  it.for(payloadStoreConformance.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    await expect(run({ store, open })).resolves.toBeUndefined();
  });
});
