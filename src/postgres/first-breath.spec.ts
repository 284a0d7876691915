import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postgresChannel } from './postgres-channel.js';

/** A server that is ready and ends the connection in the same breath, as one does that is being stopped. */
async function endingServer(): Promise<string> {
  const fatal = 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0';
  const answer = Buffer.concat([
    packet('R', Buffer.alloc(4)),
    packet('Z', Buffer.from('I')),
    packet('E', Buffer.from(fatal)),
  ]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `postgres://me:mine@127.0.0.1:${(server.address() as AddressInfo).port}/x`;
}

function packet(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

describe('a server that ends a connection in the breath in which it made it', () => {
  it('is one that is away, and does not end the process', async () => {
    const uncaught: unknown[] = [];
    const listen = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', listen);
    onTestFinished(() => void process.off('uncaughtException', listen));
    const channel = postgresChannel({ url: await endingServer(), notify: 'off' });
    onTestFinished(() => channel.close());
    await expect(channel.admin.groups({ environment: 'a', contract: 'b' })).rejects.toMatchObject({
      code: 'EB_CHANNEL',
    });
    expect(uncaught).toEqual([]);
  });
});
