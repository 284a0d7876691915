declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes a server that speaks the protocol of DynamoDB and keeps its tables in memory. */
  export default function dynalite(options?: {
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
  }): Server;
}
