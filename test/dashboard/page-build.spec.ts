import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard } from '../../tools/build/dashboard.mjs';

describe('the built page', () => {
  let outDir: string;
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'dashboard-page-'));
    built = await buildDashboard({ outDir });
  }, 120_000);
  afterAll(() => rm(outDir, { recursive: true, force: true }));

  it('is small: less than 200 kB for the network', () => {
    expect(built.compressedBytes).toBeLessThan(200_000);
    expect(built.compressedBytes).toBeGreaterThan(10_000);
  });

  it('is one page, one script, one style sheet and one icon, and no source map', () => {
    expect(built.files.map((file) => extname(file)).sort()).toEqual(['.css', '.html', '.js', '.svg']);
  });

  it('has nothing inside its HTML that a strict content security policy forbids, and names nothing elsewhere', async () => {
    const html = await readFile(join(outDir, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|\son\w+=|javascript:|https?:/i);
    const scripts = html.match(/<script[^>]*>[^<]*<\/script>/g) ?? [];
    expect(scripts).toHaveLength(1);
    expect(scripts[0]).toMatch(/ src="\.\/assets\/[^"]+\.js"><\/script>$/);
    for (const [, address = ''] of html.matchAll(/(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^\.\/assets\//);
  });

  it('asks no other server for anything', async () => {
    for (const file of built.files.filter((name) => /\.(css|js)$/.test(name))) {
      const text = await readFile(file, 'utf8');
      const hosts = text.match(/\bhttps?:\/\/[\w.-]+/g) ?? [];
      // The names of XML are no addresses.
      expect(hosts.filter((host) => host !== 'http://www.w3.org')).toEqual([]);
      expect(text).not.toMatch(/@import|url\(["']?(https?:)?\/\//);
      expect(text).not.toMatch(/\beval\(|new Function\(|sourceMappingURL/);
    }
  });
});
