import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const pageUrl = new URL('../../docs/reliability.md', import.meta.url);
const page = readFileSync(pageUrl, 'utf8');
const links = [...page.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => String(link));

describe('docs/reliability.md', () => {
  it('links to nothing that is not there', () => {
    expect(links.filter((link) => !existsSync(new URL(link, pageUrl)))).toEqual([]);
    expect(links.length).toBeGreaterThan(50);
  });

  it('has a line for every fault', () => {
    const numbers = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    const all = Array.from({ length: 71 }, (_, i) => i + 1);
    expect(numbers).toEqual(all);
  });

  it('names every test of faults', () => {
    const specs = readdirSync(new URL('../faults/', import.meta.url)).filter((name) => name.endsWith('.spec.ts'));
    expect(specs.filter((name) => !links.includes(`../test/faults/${name}`))).toEqual([]);
  });

  it('is right that an error which escapes fails the run', () => {
    const config = readFileSync(new URL('../../vitest.config.ts', import.meta.url), 'utf8');
    expect(config).not.toMatch(/dangerouslyIgnoreUnhandledErrors|onUnhandledError/);
    expect(process.listenerCount('unhandledRejection')).toBeGreaterThan(0);
    expect(process.listenerCount('uncaughtException')).toBeGreaterThan(0);
  });
});
