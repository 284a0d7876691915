import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ContractEvent, EventBackboneModule, EventsContract, getProducerToken } from 'nest-event-backbone';
import type { Producer } from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasChromium, openPage } from './page-open.js';
import { startDashboard, type StartedDashboard } from './page-start.js';

const images = fileURLToPath(new URL('../../docs/images', import.meta.url));
const ID = 'default~default~orders';

class Happening {
  @ContractEvent()
  happened(what: string) {
    return { what };
  }
}

const others = ['carts', 'customers', 'inventory', 'invoices', 'notifications', 'returns'].map((name) => {
  @EventsContract(name)
  class Other extends Happening {}
  return Other;
});

const baskets = ['Blue kettle', 'Rye bread', 'Desk lamp'].map((product, i) => ({
  lines: [{ product, quantity: i + 1, price: BigInt(4_990 - 870 * i) }],
  delivery: { city: 'Utrecht', note: i === 1 ? null : 'leave it with the neighbours' },
}));

/** Has a day in the life of the shop, in a minute: ups and downs, a group that falls behind, and some bad luck. */
async function liveIn({ app, orders, backbone, warehouse }: StartedDashboard): Promise<void> {
  const producers = others.map((contract) => app.get<Producer<Happening>>(getProducerToken(contract)));
  let tick = 0;
  const beat = async () => {
    tick += 1;
    if (tick === 40) backbone.pause('statistics');
    warehouse.fault = tick % 23 === 0 ? 'no shelf holds "Desk lamp" any more' : undefined;
    const wave = Math.round(14 + 10 * Math.sin(tick / 9) + 6 * Math.sin(tick / 3));
    await orders.$batch((batch) => {
      for (let i = 0; i < wave; i += 1) {
        const basket = baskets[(tick + i) % 3] ?? {};
        batch.placed(`order-${tick * 100 + i}`, 'ada@example.org', i === 0 ? { ...basket, express: true } : basket);
      }
    });
    for (const [i, producer] of producers.entries()) {
      const many = Math.max(0, Math.round((i + 1) * (1 + Math.sin(tick / (4 + i)))));
      await producer.$batch((batch) => {
        for (let n = 0; n < many; n += 1) batch.happened(`${tick}`);
      });
    }
  };
  const timer = setInterval(() => void beat(), 400);
  onTestFinished(() => clearInterval(timer));
  await vi.waitUntil(() => tick >= 120, { timeout: 150_000 });
}

async function take(page: Page, name: string, ready: string): Promise<void> {
  await page.locator(ready).first().waitFor();
  await page.evaluate('document.fonts.ready');
  await page.screenshot({ path: `${images}/dashboard-${name}.png` });
}

// Run by hand, when the page looks different: SCREENSHOTS=1.
describe.skipIf(!hasChromium || process.env['SCREENSHOTS'] !== '1')('the pictures of the documentation', () => {
  it('are taken', { timeout: 240_000 }, async () => {
    await mkdir(images, { recursive: true });
    const imports = [EventBackboneModule.forFeature(others)];
    const started = await startDashboard(memoryChannel(), { imports, actions: true });
    const { url } = started;
    // Somebody must look for the lines of the past to be there.
    const [light, dark] = [await openPage(url, { height: 620 }), await openPage(url, { scheme: 'dark', height: 720 })];
    await dark.goto(`${url}#/streams/${ID}`);
    await liveIn(started);
    await take(light, 'streams', 'tbody tr:nth-child(5)');
    await dark.locator('[data-group=statistics]').scrollIntoViewIfNeeded();
    await take(dark, 'stream-dark', '[data-group=statistics] .plot canvas');
    await light.goto(`${url}#/events/${ID}?type=placed.v1`);
    await light.locator('tbody a').nth(2).click();
    await take(light, 'event', '.tree');
    await light.goto(`${url}#/dead-letters/${ID}/warehouse`);
    await light.getByRole('checkbox').nth(1).check();
    await light.getByRole('checkbox').nth(3).check();
    await light.locator('tbody a').nth(2).click();
    await take(light, 'dead-letters', '.panel .facts');
    expect(await light.getByText('2 selected').count()).toBe(1);
    await light.goto(`${url}#/projections`);
    await take(light, 'projections', 'tbody tr');
  });
});
