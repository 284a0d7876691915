import { ContractEvent, EventBackboneModule, EventsContract, type ContractClass } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { hasChromium, openPage, textOf, WAIT } from './page-open.js';
import { place } from './page-shop.js';
import { startDashboard } from './page-start.js';

/** A contract like many others. */
function contractNamed(name: string): ContractClass {
  @EventsContract(name)
  class Numbered {
    @ContractEvent()
    happened(what: string) {
      return { what };
    }
  }
  return Numbered;
}

describe.skipIf(!hasChromium)('the page of a large application', { timeout: 180_000 }, () => {
  it('shows a thousand streams, and holds only those in sight', async () => {
    const contracts = Array.from({ length: 998 }, (_, i) => contractNamed(`stream-${i + 1}`));
    const { url } = await startDashboard(memoryChannel(), { imports: [EventBackboneModule.forFeature(contracts)] });
    const page = await openPage(url);
    await page.getByText('1,000 streams').waitFor();
    const rows = page.locator('tbody tr:not([aria-hidden])');
    expect(await rows.count()).toBeLessThan(120);
    await page.getByRole('link', { name: 'stream-1', exact: true }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('link', { name: 'stream-998', exact: true }).waitFor();
    expect(await rows.count()).toBeLessThan(120);
    // What is in sight is looked at, wherever it stands among the thousand.
    const last = page.getByRole('row', { name: 'stream-998' });
    await vi.waitFor(async () => expect(await textOf(last)).toMatch(/memory default 0 /), WAIT);
    for (let i = 0; i < 60; i += 1) await page.keyboard.press('k');
    expect(await textOf(page.locator(':focus'))).toMatch(/^stream-9\d\d$/);
    await page.keyboard.press('/');
    await page.keyboard.type('stream-77');
    await page.getByText('11 of 1,000 streams').waitFor();
  });

  it('pages through ten thousand dead letters, and redrives all of them', async () => {
    const { url, orders, warehouse } = await startDashboard(memoryChannel(), { actions: true });
    warehouse.fault = 'the shelf is empty';
    for (let i = 0; i < 10; i += 1) await place(orders, 1_000);
    const page = await openPage(url);
    const dead = page.getByRole('row', { name: 'orders' }).getByRole('link', { name: /dead letters/ });
    await vi.waitFor(async () => expect(await textOf(dead)).toMatch(/^10,000/), WAIT);
    await dead.click();
    await page.getByText('1 to 100 of 10,000').waitFor();
    await page.getByRole('button', { name: 'Newer' }).click();
    await page.getByText('101 to 200 of 10,000').waitFor();
    await page.getByRole('button', { name: 'Select all 10,000' }).click();
    await page.getByText('10,000 selected').waitFor();
    warehouse.fault = undefined;
    await page.getByRole('button', { name: 'Redrive' }).click();
    await page.getByRole('button', { name: 'Redrive 10,000 dead letters' }).click();
    await page.getByText('Redriven: 10,000.').waitFor();
    await vi.waitFor(() => expect(warehouse.packed).toHaveLength(10_000), WAIT);
    await page.getByText('This group has no dead letters').waitFor();
  });
});
