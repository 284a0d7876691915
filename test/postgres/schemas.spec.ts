import { describe, inject } from 'vitest';
import { schemaPromises } from '../schema/schema-promises.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('schemas in the stream, in PostgreSQL', () => {
  schemaPromises(() => new Sandbox(url).open());
});
