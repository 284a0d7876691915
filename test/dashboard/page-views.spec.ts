import { memoryChannel } from 'nest-event-backbone/memory';
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { barriers, hasChromium, openPage, textOf, WAIT } from './page-open.js';
import { place } from './page-shop.js';
import { startDashboard } from './page-start.js';

const ID = 'default~default~orders';

/** Each view, and what is there once it is complete. */
const VIEWS: Readonly<Record<string, readonly [hash: string, (page: Page) => Promise<unknown>]>> = {
  streams: ['', (page) => page.getByRole('row', { name: 'orders' }).waitFor()],
  'streams, searched': ['#/streams?q=nothing', (page) => page.getByText('No stream has such a name').waitFor()],
  stream: [`#/streams/${ID}`, (page) => page.locator('.plot canvas').first().waitFor()],
  events: [`#/events/${ID}`, (page) => page.locator('tbody tr').nth(9).waitFor()],
  'no stream chosen': ['#/events', (page) => page.getByText('Choose a stream to look').waitFor()],
  event: [`#/events/${ID}`, openFirst],
  'dead letters': [`#/dead-letters/${ID}/warehouse`, (page) => page.getByText('1 to 12 of 12').waitFor()],
  'dead letter': [`#/dead-letters/${ID}/warehouse`, openFirst],
  'a question': [`#/dead-letters/${ID}/warehouse`, askFirst],
  projections: ['#/projections', (page) => page.getByRole('row', { name: 'orders-by-day' }).waitFor()],
  keys: ['', (page) => page.getByRole('button', { name: 'keys' }).click()],
  'not found': ['#/streams/nowhere', (page) => page.getByText('There is no such thing').waitFor()],
};

async function openFirst(page: Page): Promise<void> {
  await page.locator('tbody a').first().click();
  await page.getByRole('heading', { name: 'Arguments' }).waitFor();
}

async function askFirst(page: Page): Promise<void> {
  await page.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').waitFor();
}

async function shopWithTrouble() {
  const started = await startDashboard(memoryChannel(), { actions: true });
  started.warehouse.fault = 'the shelf is empty';
  await place(started.orders, 12, { lines: [{ product: 'Blue kettle', price: 4990n }], note: null });
  return started;
}

describe.skipIf(!hasChromium)('every view of the page', { timeout: 240_000 }, () => {
  it.each(['light', 'dark'] as const)('is free of barriers in %s colours', async (scheme) => {
    const { url } = await shopWithTrouble();
    const page = await openPage(url, { scheme });
    for (const [name, [hash, complete]] of Object.entries(VIEWS)) {
      await page.goto('about:blank');
      await page.goto(`${url}${hash}`);
      await complete(page);
      expect({ name, barriers: await barriers(page) }).toEqual({ name, barriers: [] });
    }
  });

  it('is looked at by something that finds barriers', async () => {
    const { url } = await shopWithTrouble();
    const page = await openPage(url);
    await page.getByRole('row', { name: 'orders' }).waitFor();
    await page.evaluate("document.querySelector('h1').style.color = '#e0e0e0'");
    expect((await barriers(page)).join()).toContain('color-contrast');
  });

  it('is reached, used and left with the keyboard alone', async () => {
    const { url, warehouse } = await shopWithTrouble();
    const page = await openPage(url);
    const keyboard = page.keyboard;
    const focused = page.locator(':focus');
    const see = (text: string) => vi.waitFor(async () => expect(await textOf(focused)).toBe(text), WAIT);
    await page.getByRole('row', { name: 'orders' }).waitFor();

    await keyboard.press('/');
    await keyboard.type('ord');
    await page.getByText('1 of 2 streams').waitFor();
    await keyboard.press('Escape');
    await keyboard.press('Escape');
    await page.getByText('2 streams', { exact: true }).waitFor();
    await keyboard.press('j');
    await see('orders');
    await keyboard.press('ArrowDown');
    await see('payments');
    await keyboard.press('k');
    await see('orders');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Groups' }).waitFor();
    await keyboard.press('j');
    await see('Browse events');
    await keyboard.press('Enter');
    await page.locator('tbody tr').nth(9).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Groups' }).waitFor();

    await keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let i = 0; i < 5; i += 1) {
      await keyboard.press('Tab');
      expect(await dialog.locator(':focus').count()).toBe(1);
    }
    await keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await keyboard.press('3');
    await page.getByText('1 to 12 of 12').waitFor();
    await keyboard.press('j');
    await keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    warehouse.fault = undefined;
    const isAt = async (name: string) => (await textOf(focused)) === name;
    for (let steps = 0; steps < 40 && !(await isAt('Redrive')); steps += 1) await keyboard.press('Shift+Tab');
    await see('Redrive');
    await keyboard.press('Enter');
    await dialog.waitFor();
    await see('Cancel');
    await keyboard.press('Tab');
    await see('Redrive 1 dead letter');
    await keyboard.press('Enter');
    await page.getByText('Redriven: 1.').waitFor();
    await vi.waitFor(() => expect(warehouse.packed).toEqual(['order-1']), WAIT);
  });

  it('shows where the focus is', async () => {
    const { url } = await shopWithTrouble();
    const page = await openPage(url);
    await page.getByRole('row', { name: 'orders' }).waitFor();
    for (let i = 0; i < 14; i += 1) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineWidth');
      expect(outline).toBe('2px');
    }
  });

  it('has the colours that are asked for, and remembers them', async () => {
    const { url } = await shopWithTrouble();
    const page = await openPage(url, { scheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await ground();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'light' }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'light' }).waitFor();
    expect(await ground()).not.toBe(dark);
  });
});
