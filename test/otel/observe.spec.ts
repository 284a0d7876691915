import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (path: string) => parse(readFileSync(new URL(path, root), 'utf8')) as unknown;

interface Service {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

describe('the compose profile `observe`', () => {
  const { services } = read('docker-compose.yml') as { readonly services: Readonly<Record<string, Service>> };
  const observing = Object.entries(services).filter(([, { profiles = [] }]) => profiles.includes('observe'));
  const ofGrafana = 'tools/observe/grafana/provisioning';

  it('has Prometheus, Grafana and Jaeger, each of a fixed version and open to this machine only', () => {
    expect(observing.map(([name]) => name)).toEqual(['prometheus', 'grafana', 'jaeger']);
    for (const [, { image, ports = [] }] of observing) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    }
  });

  it('mounts files that are there', () => {
    const mounted = observing.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    expect(mounted.length).toBeGreaterThan(2);
    expect(mounted.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it('asks the applications of the same file for their metrics, at the ports that they listen on', () => {
    const { scrape_configs: jobs } = read('tools/observe/prometheus.yml') as {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const targets = jobs.flatMap((job) => job.static_configs.flatMap((config) => config.targets));
    const apps = targets.map((target) => target.split(':')).filter(([host]) => host !== 'host.docker.internal');
    expect(apps.map(([name]) => name)).toEqual(['order', 'transit', 'reporter']);
    for (const [name = '', port] of apps) expect(services[name]?.environment?.['PORT']).toBe(port);
  });

  it('provides Grafana with the sources that the dashboard asks, and with the dashboard', () => {
    const { datasources } = read(`${ofGrafana}/datasources/datasources.yml`) as {
      readonly datasources: readonly { readonly uid: string; readonly url: string }[];
    };
    const { providers } = read(`${ofGrafana}/dashboards/dashboards.yml`) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[];
    };
    const uids = datasources.map(({ uid }) => uid);
    for (const { url } of datasources) expect(Object.keys(services)).toContain(new URL(url).hostname);
    const [, directory] =
      services['grafana']?.volumes?.find((volume) => volume.includes('/dashboards:'))?.split(':') ?? [];
    expect(providers.map(({ options }) => options.path)).toEqual([directory]);
    const dashboards = new URL('tools/observe/grafana/dashboards/', root);
    const texts = readdirSync(dashboards).map((file) => readFileSync(new URL(file, dashboards), 'utf8'));
    expect(texts).toHaveLength(1);
    const asked = new Set(
      [...texts.join('').matchAll(/"type": "prometheus",\s*"uid": "([^"]+)"/g)].map(([, uid]) => uid),
    );
    expect([...asked].filter((uid) => !uids.includes(uid ?? ''))).toEqual([]);
  });
});
