import { redisChannel } from 'nest-event-backbone/redis';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { redisUrl } from '../redis/open-channel.js';
import { startServer } from '../redis/start-server.js';
import { hasChromium, openPage, textOf, WAIT } from './page-open.js';
import { place } from './page-shop.js';
import { startDashboard } from './page-start.js';

describe.skipIf(!hasChromium || redisUrl === '')('the page, on Redis,', { timeout: 180_000 }, () => {
  it('shows streams, groups, events and dead letters, and redrives', async () => {
    const environment = randomUUID();
    const channel = redisChannel({ url: redisUrl });
    const { url, orders, warehouse } = await startDashboard(channel, { environment, actions: true });
    warehouse.fault = 'the shelf is empty';
    await place(orders, 30);
    const page = await openPage(url);
    const row = page.getByRole('row', { name: 'orders' });
    await vi.waitFor(async () => expect(await textOf(row)).toMatch(/redis.* 30 .* 30 dead letters/), WAIT);
    await row.getByRole('link').first().click();
    const group = page.locator('[data-group=warehouse]');
    await group.getByText('this process').waitFor();
    await page.getByRole('link', { name: 'Browse events' }).click();
    await vi.waitFor(async () => expect(await page.locator('tbody tr').count()).toBe(30), WAIT);
    await page.locator('tbody a').first().click();
    await page.locator('.tree').getByText('lines').waitFor();
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByText('1 to 30 of 30').waitFor();
    warehouse.fault = undefined;
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await page.getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('button', { name: 'Redrive 30 dead letters' }).click();
    await page.getByText('Redriven: 30.').waitFor();
    await vi.waitFor(() => expect(warehouse.packed).toHaveLength(30), WAIT);
  });

  it('says since when the server is away, keeps what it knows, and goes on by itself', async () => {
    const server = await startServer();
    const { port } = server;
    const { url, orders } = await startDashboard(redisChannel({ url: server.url }));
    await place(orders, 3);
    const page = await openPage(`${url}#/streams/default~default~orders`);
    const events = page.locator('.tile dd').first();
    await vi.waitFor(async () => expect(await textOf(events)).toBe('3'), WAIT);
    await server.stop();
    const banner = page.getByText('default is away since');
    await banner.waitFor();
    expect(await textOf(events)).toBe('3');
    await startServer({ port });
    await banner.waitFor({ state: 'detached' });
    await place(orders, 5);
    await vi.waitFor(async () => expect(await textOf(events)).toBe('5'), WAIT);
  });
});
