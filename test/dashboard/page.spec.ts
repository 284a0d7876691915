import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { hasChromium, openPage, textOf, WAIT } from './page-open.js';
import { place } from './page-shop.js';
import { startDashboard } from './page-start.js';

const STREAM = 'default~default~orders';

describe.skipIf(!hasChromium)('the page of the dashboard', { timeout: 120_000 }, () => {
  it('shows every stream, and finds one by its name', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 12);
    const page = await openPage(url);
    const row = page.getByRole('row', { name: 'orders' });
    await vi.waitFor(async () => expect(await textOf(row)).toMatch(/orders.*memory.*12/s), WAIT);
    await page.getByRole('searchbox').fill('pay');
    await page.getByText('1 of 2 streams').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByRole('searchbox').fill('no such');
    await page.getByText('No stream has such a name').waitFor();
  });

  it('sorts the streams by a column, and keeps that in its address', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 3);
    const page = await openPage(url);
    const first = page.locator('tbody a[data-row]').first();
    await vi.waitFor(async () => expect(await textOf(first)).toBe('orders'), WAIT);
    await page.getByRole('button', { name: 'Stream' }).click();
    await vi.waitFor(async () => expect(await textOf(first)).toBe('payments'), WAIT);
    await page.reload();
    await vi.waitFor(async () => expect(await textOf(first)).toBe('payments'), WAIT);
    expect(await page.getByRole('columnheader', { name: 'Stream' }).getAttribute('aria-sort')).toBe('descending');
  });

  it('shows the lag of a group as it grows and falls, without being asked again', async () => {
    const { url, orders, backbone } = await startDashboard(memoryChannel());
    backbone.pause('statistics');
    const page = await openPage(`${url}#/streams/${STREAM}`);
    const group = page.locator('[data-group=statistics]');
    await group.getByText('paused here').waitFor();
    const lag = group.locator('dd').first();
    // More than a paused consumer takes in.
    await place(orders, 2_000);
    await vi.waitFor(async () => expect(await textOf(lag)).toMatch(/^1,[5-9]\d\d · /), WAIT);
    await group.locator('.plot canvas').waitFor();
    backbone.resume('statistics');
    await vi.waitFor(async () => expect(await textOf(lag)).toBe('0'), WAIT);
    await group.getByText('paused here').waitFor({ state: 'detached' });
  });

  it('redrives what is selected, once somebody has confirmed it, and the handler handles it', async () => {
    const { url, orders, warehouse } = await startDashboard(memoryChannel(), { actions: true });
    warehouse.fault = 'the shelf is empty';
    await place(orders, 5);
    const page = await openPage(`${url}#/dead-letters/${STREAM}/warehouse`);
    await page.getByText('1 to 5 of 5').waitFor();
    expect(await page.getByRole('cell', { name: 'the shelf is empty' }).count()).toBe(5);
    await page.getByRole('checkbox').nth(2).check();
    await page.getByRole('checkbox').nth(3).check();
    await page.getByText('2 selected').waitFor();
    warehouse.fault = undefined;

    await page.getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(warehouse.packed).toEqual([]);

    await page.getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive 2 dead letters' }).click();
    await page.getByText('Redriven: 2.').waitFor();
    await vi.waitFor(() => expect([...warehouse.packed].sort()).toEqual(['order-2', 'order-3']), WAIT);
    await page.getByText('1 to 3 of 3').waitFor();
  });

  it('removes dead letters, all of them if that is asked for', async () => {
    const { url, orders, warehouse } = await startDashboard(memoryChannel(), { actions: true });
    warehouse.fault = 'the shelf is empty';
    await place(orders, 120);
    const page = await openPage(`${url}#/dead-letters/${STREAM}/warehouse`);
    await page.getByText('1 to 100 of 120').waitFor();
    await page.getByRole('button', { name: 'Select all 120' }).click();
    await page.getByText('120 selected').waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove 120 dead letters' }).click();
    await page.getByText('This group has no dead letters').waitFor();
    warehouse.fault = undefined;
    expect(warehouse.packed).toEqual([]);
  });

  it('opens a dead letter with its event and its stack', async () => {
    const { url, orders, warehouse } = await startDashboard(memoryChannel());
    warehouse.fault = 'the shelf is empty';
    await place(orders, 1, { title: 'Blue kettle' });
    const page = await openPage(`${url}#/dead-letters`);
    await page.locator('tbody a[data-row]').first().click();
    const panel = page.getByRole('complementary', { name: 'Dead letter' });
    await panel.getByText('"Blue kettle"').waitFor();
    await panel.getByText('Stack').click();
    expect(await textOf(panel.locator('pre'))).toContain('at Warehouse.pack');
  });

  it('offers nothing that changes anything when it is read-only', async () => {
    const { url, orders, warehouse } = await startDashboard(memoryChannel());
    warehouse.fault = 'the shelf is empty';
    await place(orders, 2);
    const page = await openPage(`${url}#/dead-letters/${STREAM}/warehouse`);
    await page.getByText('1 to 2 of 2').waitFor();
    await page.getByText('read-only').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
    expect(await page.getByRole('button', { name: /redrive|remove/i }).count()).toBe(0);
  });

  it('says so to somebody whom the guard does not let in any more', async () => {
    let isWelcome = true;
    const { url, orders } = await startDashboard(memoryChannel(), { guard: { canActivate: () => isWelcome } });
    await place(orders, 1);
    const page = await openPage(url);
    await page.getByRole('row', { name: 'orders' }).waitFor();
    isWelcome = false;
    await page.getByRole('row', { name: 'orders' }).getByRole('link').first().click();
    await page.getByText('You may not see the streams').waitFor();
    const answer = await page.goto(url);
    expect(answer?.status()).toBe(403);
    expect(await textOf(page.locator('body'))).not.toContain('orders');
  });

  it('shows how far projections are', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 7);
    const page = await openPage(`${url}#/projections`);
    const row = page.getByRole('row', { name: 'orders-by-day' });
    await vi.waitFor(async () => expect(await textOf(row)).toMatch(/orders-by-day.*orders.*7/s), WAIT);
  });

  it('goes on by itself when the application was gone', async () => {
    const channel = memoryChannel();
    const first = await startDashboard(channel);
    await place(first.orders, 3);
    const page = await openPage(`${first.url}#/streams/${STREAM}`);
    await page.getByText('live', { exact: true }).waitFor();
    const kept = channel.open();
    await first.app.close();
    await page.getByText('The application does not answer').waitFor();
    expect(await textOf(page.getByRole('heading', { level: 1 }))).toBe('orders');

    const second = await startDashboard(kept, { port: Number(new URL(first.url).port) });
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByText('The application does not answer').waitFor({ state: 'detached' });
    await place(second.orders, 4);
    await vi.waitFor(async () => expect(await textOf(page.locator('.tile dd').first())).toBe('7'), WAIT);
  });
});
