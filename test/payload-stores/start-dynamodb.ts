import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** A request on its way to the server. */
export interface DynamodbRequest {
  /** What it asks for, `PutItem`. */
  readonly operation: string;
  readonly body: Record<string, unknown>;
  /** Gives it to the server, as it is or changed, and resolves with the answer. */
  readonly forward: (body?: unknown) => Promise<DynamodbAnswer>;
}

export interface DynamodbAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers in the server's place, as a busy or broken one does; `cut` breaks the connection instead. */
export type Between = (request: DynamodbRequest) => Promise<DynamodbAnswer | 'cut'>;

/** A server that speaks DynamoDB's protocol, gone with {@link StartedDynamodb.stop}. */
export interface StartedDynamodb {
  readonly url: string;
  /** Puts something before the server; `undefined` takes it away. */
  between: Between | undefined;
  /** Where it can be reached past that. */
  readonly behind: string;
  /** Takes no new connections any more, except behind. */
  refuse(): void;
  stop(): void;
}

/** Starts dynalite on a free port, with a place between it and its clients. */
export async function startDynamodb(): Promise<StartedDynamodb> {
  const server = await listening(dynalite({ createTableMs: 1 }));
  const front = createServer((request, response) => {
    // Either side may hang up in the middle, and the client asks again.
    answer(request, response).catch(() => request.socket.destroy());
  });
  const started: StartedDynamodb = {
    url: urlOf(await listening(front)),
    between: undefined,
    behind: urlOf(server),
    refuse: () => void front.close(),
    stop: () => {
      for (const each of [front, server]) {
        each.closeAllConnections();
        each.close();
      }
    },
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const target = String(request.headers['x-amz-target']);
    const forward = async (body: unknown): Promise<DynamodbAnswer> => {
      const headers = Object.fromEntries(
        ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'].map((name) => [
          name,
          String(request.headers[name]),
        ]),
      );
      const reply = await fetch(urlOf(server), { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: reply.status, body: await reply.json() };
    };
    const body = JSON.parse(text) as Record<string, unknown>;
    const operation = target.slice(target.indexOf('.') + 1);
    const between: Between = started.between ?? (() => forward(body));
    const reply = await between({ operation, body, forward: (changed = body) => forward(changed) });
    if (reply === 'cut') return void request.socket.destroy();
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(reply.body));
  };
  return started;
}

/** A client of it, with credentials that mean nothing. */
export function dynamodbClient(url: string): DynamoDBClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'canary-secret' };
  return new DynamoDBClient({ endpoint: url, region: 'eu-central-1', credentials });
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
