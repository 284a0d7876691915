import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';
import { findChromium } from '../../tools/dev-stack/find-chromium.mjs';

const found = await findChromium().catch((error: unknown) => {
  if (process.env['REQUIRE_REAL'] === '1') throw error;
  console.log('the page of the dashboard is not looked at:', error);
});

/** Whether there is a browser to look with. */
export const hasChromium = found !== undefined;

/** How long anything on the page may take to appear, on a slow machine, too. */
const PATIENCE_MS = 30_000;

/** For `vi.waitFor`. */
export const WAIT = { timeout: PATIENCE_MS, interval: 100 };

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

function launched(): Promise<Browser> {
  const { file, env } = found ?? {};
  browser ??= chromium.launch({
    executablePath: file,
    env: { ...process.env, ...env },
    // As root there is no other way, and nothing is opened but our own page.
    args: ['--no-sandbox'],
  });
  return browser;
}

/** What the viewer's browser is like. */
export interface Viewer {
  readonly scheme?: 'light' | 'dark';
  readonly height?: number;
}

/**
 * Opens an address in a browser of its own; closed when the test ends. A script error, and whatever the content security
 * policy had to stop, fails the test.
 */
export async function openPage(address: string, { scheme = 'light', height = 800 }: Viewer = {}): Promise<Page> {
  const context = await (
    await launched()
  ).newContext({ colorScheme: scheme, viewport: { width: 1_280, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('dialog', (dialog) => {
    faults.push(`a script of a stranger has run: ${dialog.message()}`);
    dialog.dismiss().catch(() => undefined);
  });
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  return page;
}

/** What an element says, with single spaces. */
export async function textOf(element: Locator): Promise<string> {
  return (await element.innerText()).replace(/\s+/g, ' ').trim();
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with what the page shows: the rule and where. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(await axe);
  return page.evaluate<string[]>(`axe.run().then(({ violations, passes }) => [
    ...(passes.length > 10 ? [] : ['axe has not looked at the page']),
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))),
  ])`);
}
