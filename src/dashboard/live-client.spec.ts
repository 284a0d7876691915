import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LiveClient } from './live-client.js';

const LARGE = JSON.stringify('x'.repeat(262_144));

/** A viewer that reads nothing until it is told to, and the server's end of its feed. */
async function viewer(): Promise<{ client: LiveClient; response: ServerResponse; incoming: IncomingMessage }> {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  request.on('error', () => undefined);
  onTestFinished(() => void request.destroy());
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const client = new LiveClient(response, { stream: undefined, visible: [] }, () => undefined);
  const [incoming] = (await once(request, 'response')) as [IncomingMessage];
  return { client, response, incoming };
}

describe('a viewer of the live feed', () => {
  it('that takes nothing costs bounded memory, and gets everything again once it takes something', async () => {
    const { client, response, incoming } = await viewer();
    client.isBehind = false;
    for (let i = 0; i < 200; i += 1) client.send('streams', LARGE);
    expect(response.writableLength).toBeLessThan(2 * 1_048_576);
    expect(client.isBehind).toBe(true);
    expect(client.isReady).toBe(false);
    incoming.resume();
    await vi.waitFor(() => expect(client.isReady).toBe(true), { timeout: 20_000 });
  });

  it('is let go when it has taken nothing for long', async () => {
    const { client, response, incoming } = await viewer();
    incoming.on('error', () => undefined);
    const closed = once(response, 'close');
    for (let i = 0; i < 200; i += 1) client.send('streams', LARGE);
    expect(client.isReady).toBe(false);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    onTestFinished(() => void vi.restoreAllMocks());
    client.beat();
    await closed;
  });
});
