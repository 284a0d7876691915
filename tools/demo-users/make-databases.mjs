import { randomBytes } from 'node:crypto';
import { askPostgres } from '../dev-stack/ask-postgres.mjs';

// Making and dropping one waits for a checkpoint, and for every session of the server.
const PATIENCE_MS = 60_000;

/**
 * Makes two new databases on one server: as separate as on two servers, for no transaction can span them.
 *
 * @param {string} url of the server
 * @returns {Promise<{ models: import('./run-app.mjs').Models, drop: () => Promise<void> }>} `drop` removes both, whoever is
 *   connected
 */
export async function makeDatabases(url) {
  const mark = randomBytes(4).toString('hex');
  const names = [`users_demo_write_${mark}`, `users_demo_read_${mark}`];
  for (const name of names) await askPostgres(url, `CREATE DATABASE ${name}`, PATIENCE_MS);
  const [WRITE_MODEL_URL = '', READ_MODEL_URL = ''] = names.map((name) => databaseUrl(url, name));
  return {
    models: { WRITE_MODEL_URL, READ_MODEL_URL },
    drop: async () => {
      for (const name of names) await askPostgres(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, PATIENCE_MS);
    },
  };
}

/** @param {string} url @param {string} name */
function databaseUrl(url, name) {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
