import { Pool } from 'pg';
import type { Round } from './side.js';

/** How many connections each side may have, and how many callers append at a time. */
export const CONNECTIONS = 20;

/** How many events a transaction of a read model takes in, and how many a cursor fetches. */
export const BATCH = 500;

/** The schema of the library's tables, dropped when a comparison is over. */
export const SCHEMA = 'bench';

/** The schema of what is made by hand. */
export const SCHEMA_BY_HAND = 'bench_by_hand';

/** What both sides run for each event of the rounds that write a read model. */
export const UPSERT = `INSERT INTO totals AS own (customer, orders, amount) VALUES ($1, 1, $2)
  ON CONFLICT (customer) DO UPDATE SET orders = own.orders + 1, amount = own.amount + excluded.amount`;

/** The table that {@link UPSERT} writes to. */
export const TOTALS = 'CREATE TABLE totals (customer text PRIMARY KEY, orders integer NOT NULL, amount float NOT NULL)';

/** Connections of the size that both sides have. */
export function poolOf(url: string): Pool {
  return new Pool({ connectionString: url, max: CONNECTIONS });
}

/** The stream whose rows both sides read. */
export function streamNameOf(kind: Round['kind']): string {
  return `${kind}:bench-orders`;
}
