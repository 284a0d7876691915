import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { sampleMessage } from '../redis/sample-message.js';
import { hasChromium, openPage, textOf, WAIT } from './page-open.js';
import { place } from './page-shop.js';
import { startDashboard } from './page-start.js';

const ID = 'default~default~orders';
const EVENTS = `#/events/${ID}`;
const STREAM = { environment: 'default', contract: 'orders' };

describe.skipIf(!hasChromium)('the browser of events', { timeout: 120_000 }, () => {
  it('shows the newest events first, and goes back to older ones and forth', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 120);
    const page = await openPage(`${url}${EVENTS}`);
    const keys = page.locator('tbody td:nth-of-type(2)');
    const shown = async () => [await keys.count(), await textOf(keys.first())];
    const see = (...expected: unknown[]) => vi.waitFor(async () => expect(await shown()).toEqual(expected), WAIT);
    await see(50, 'order-120');
    await page.getByRole('button', { name: 'Older' }).click();
    await see(50, 'order-70');
    await page.getByRole('button', { name: 'Older' }).click();
    await see(20, 'order-20');
    expect(await page.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Newer' }).click();
    await see(50, 'order-70');
    await page.getByRole('button', { name: 'Newest' }).click();
    await see(50, 'order-120');
    await orders.placed('order-121', 'late@example.org', {});
    await page.getByRole('button', { name: 'Show newer events' }).click();
    await see(50, 'order-121');
  });

  it('finds events by type, key, id and time', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 20);
    const { id } = await orders.shipped('order-7', 'parcel-1');
    const page = await openPage(`${url}${EVENTS}`);
    const rows = page.locator('tbody tr');
    const see = (count: number) => vi.waitFor(async () => expect(await rows.count()).toBe(count), WAIT);
    await see(21);
    await page.getByLabel('Type').selectOption('shipped.v1');
    await see(1);
    await page.getByLabel('Type').selectOption('placed.v1');
    await see(20);
    await page.getByLabel('Key').fill('order-7');
    await page.getByRole('button', { name: 'Search' }).click();
    await see(1);
    await page.getByLabel('Type').selectOption('');
    await see(2);
    await page.getByRole('button', { name: 'Clear' }).click();
    await see(21);
    await page.getByRole('button', { name: 'More filters' }).click();
    await page.getByLabel('Event id').fill(id);
    await page.getByRole('button', { name: 'Search' }).click();
    await see(1);
    await page.getByRole('button', { name: 'Clear' }).click();
    await see(21);
    await page.getByLabel('Until').fill('2001-01-01T00:00:00');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('There are no such events').waitFor();
  });

  it('keeps personal arguments to itself, and shows them to whom the application trusts', async () => {
    const channel = memoryChannel();
    const closed = await startDashboard(channel);
    const { id } = await closed.orders.placed('order-1', 'person-1@example.org', {});
    const open = await startDashboard(channel.open(), { access: () => ({ personal: true }) });
    const [hidden, shown] = [await openPage(`${closed.url}${EVENTS}`), await openPage(`${open.url}${EVENTS}`)];
    for (const page of [hidden, shown]) await page.locator('tbody a').first().click();
    const panel = (page: typeof hidden) => page.getByRole('complementary', { name: 'Event' });
    await panel(hidden).getByText('hidden').waitFor();
    expect(await panel(hidden).locator('.chip-lock').count()).toBe(2);
    expect(await hidden.content()).not.toContain('person-1@example.org');
    await panel(shown).getByText('person-1@example.org').waitFor();
    await shown.getByText('personal data is shown').waitFor();

    await channel.admin.erase(STREAM, [id]);
    await shown.reload();
    await panel(shown).getByText('erased').waitFor();
    expect(await shown.content()).not.toContain('person-1@example.org');
  });

  it('shows what was produced because of the same event, in every stream', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    await place(orders, 3);
    await orders.placed('order-2', 'person-2@example.org', { express: true, paid: true });
    const page = await openPage(`${url}${EVENTS}`);
    await page.getByRole('row', { name: 'shipped.v1' }).getByRole('link').click();
    await page.getByRole('button', { name: 'Show its chain' }).click();
    const chain = page.getByRole('region', { name: 'Chain' }).getByRole('listitem');
    await vi.waitFor(async () => expect(await chain.allInnerTexts()).toHaveLength(3), WAIT);
    expect(await textOf(chain.first())).toContain('placed.v1');
    const payment = chain.filter({ hasText: 'payments' });
    await payment.getByRole('link', { name: 'paid.v1' }).click();
    await page.locator('.tree').getByText('amount').waitFor();
    await page.getByRole('button', { name: 'Show its chain' }).click();
    await vi.waitFor(async () => expect(await chain.allInnerTexts()).toHaveLength(3), WAIT);
    await chain.first().getByRole('link').click();
    await page.locator('.tree').getByText('express').waitFor();
  });

  it('shows what strangers have written as text, however it is meant', async () => {
    const { url, orders } = await startDashboard(memoryChannel());
    const script = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    const control = 'a\u0000\u001b[31m\u202egnp.exe';
    await orders.$with({ headers: { note: script } }).placed(script, script, {
      [script]: script,
      control,
      __html: script,
      dangerouslySetInnerHTML: { __html: script },
      $personal: script,
    });
    const page = await openPage(`${url}${EVENTS}`);
    await page.locator('tbody a').first().click();
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel.getByText('a\\u0000\\u001b[31m\\u202egnp.exe').waitFor();
    expect(await panel.getByText(script).count()).toBeGreaterThan(3);
    expect(await page.locator('img, main script').count()).toBe(0);
    await page.goto(`${url}#/events/${encodeURIComponent(script)}/${encodeURIComponent(script)}?key=${script}`);
    await page.getByText('There is no such thing among the events').first().waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
  });

  it('stays quick with a text of a megabyte, a list of a hundred thousand, and what is nested deeply', async () => {
    const channel = memoryChannel();
    const { url, orders } = await startDashboard(channel);
    let nested: object = { bottom: true };
    for (let level = 0; level < 55; level += 1) nested = { nested };
    const wide = Array.from({ length: 100_000 }, (_, i) => i);
    await orders.placed('huge', 'a@example.org', { text: 'x'.repeat(1_048_576), wide, nested });
    const deep = '['.repeat(1_000) + ']'.repeat(1_000);
    await channel.publish(STREAM, [sampleMessage({ type: 'placed.v1', fields: { id: '"deep"', basket: deep } })]);
    const page = await openPage(`${url}${EVENTS}`);
    await page.locator('tbody a').first().click();
    await page.getByText(/^unreadable: /).waitFor();
    await page.locator('tbody a').nth(1).click();
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel
      .getByRole('button', { name: /more characters/ })
      .first()
      .click();
    expect(await panel.locator('*').count()).toBeLessThan(2_000);
    await panel.getByRole('button', { name: /^wide/ }).click();
    await panel.getByRole('button', { name: /^100 more of/ }).waitFor();
    for (let level = 0; level < 52; level += 1)
      await panel.getByRole('button', { name: /^nested/, expanded: false }).click();
    await panel.getByText('bottom').waitFor();
    expect(await panel.locator('*').count()).toBeLessThan(4_000);
  });
});
