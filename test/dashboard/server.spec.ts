import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import {
  EventBackboneDashboardModule,
  type DeadLetterDetail,
  type DeadLetterPage,
  type EventPage,
  type Session,
  type StreamDetail,
} from 'nest-event-backbone/dashboard';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SECRET } from './server-shop.js';
import { EVENTS, EVENTUALLY, LETTERS, listenTo, oneLetter, startServer, STREAM } from './server-start.js';

@Injectable()
class Doorman implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: string }>();
    request.user = request.headers['x-user'];
    return request.user !== undefined;
  }
}

/** A page as Vite builds it. */
async function builtPage(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'eb-page-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<script type="module" src="./assets/main-B4x_9Zq1.js"></script>');
  await writeFile(join(directory, 'assets', 'main-B4x_9Zq1.js'), 'export {};');
  await writeFile(join(directory, '..', 'eb-outside.js'), 'outside');
  return directory;
}

function act(action: string, ids: readonly string[], headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-event-backbone-action': action, ...headers },
    body: JSON.stringify({ ids, confirmed: ids.length }),
  };
}

describe.for(['express', 'fastify'] as const)('the dashboard on %s', (server) => {
  it.for(['', 'ops/v1'])('serves its page and its files under a path below the prefix "%s"', async (prefix) => {
    const page = await builtPage();
    const { ask } = await startServer({ server, prefix, page, dashboard: { path: 'tools/events' } });
    const bare = await ask('?a=1');
    expect([bare.status, bare.headers.get('location')]).toEqual([302, './events/index.html?a=1']);
    const slash = await ask('/');
    expect([slash.status, slash.headers.get('location')]).toEqual([302, './index.html']);
    const index = await ask('/index.html');
    expect(index.status).toBe(200);
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    expect(index.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(index.headers.get('x-content-type-options')).toBe('nosniff');
    expect(index.headers.get('referrer-policy')).toBe('no-referrer');
    const [, source = ''] = /src="([^"]+)"/.exec(await index.text()) ?? [];
    const script = await fetch(new URL(source, index.url));
    expect(await script.text()).toBe('export {};');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
  });

  it('gives out nothing but the files of its page', async () => {
    const { ask } = await startServer({ server, page: await builtPage() });
    for (const path of ['/assets/..%2f..%2feb-outside.js', '/..%2feb-outside.js', '/nothing.js', '/api/nothing']) {
      const answer = await ask(path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, expect.not.stringContaining('outside')]);
    }
  });

  it('says so when its page was not built', async () => {
    const { ask } = await startServer({ server });
    const answer = await ask('/index.html');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'NOT_BUILT' });
  });

  it('lets in whom the guard lets in, and nobody else anywhere', async () => {
    const dashboard = {
      guard: Doorman,
      access: ({ user }: { user?: unknown }) => ({ personal: user === 'dpo', who: String(user) }),
    };
    const { ask } = await startServer({ server, dashboard, page: await builtPage() });
    for (const path of ['', '/index.html', '/api/session', '/api/live', EVENTS, LETTERS, '/assets/main-B4x_9Zq1.js']) {
      const answer = await ask(path);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    const session = await ask('/api/session', { headers: { 'x-user': 'dpo' } });
    expect((await session.json()) as Session).toEqual({
      ...{ actions: false, personal: true, connections: ['default'] },
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    });
    expect(session.headers.get('cache-control')).toBe('no-store');
  });

  it('tells of streams, groups and events', async () => {
    const { json, orders } = await startServer({ server });
    for (const order of ['1', '2', '3']) await orders.placed(order, SECRET, 'a note', [{ item: 7 }]);
    await vi.waitFor(async () => {
      const detail = await json<StreamDetail>(`/api/streams/${STREAM}`);
      expect(detail).toMatchObject({ channel: 'memory', contract: 'shop-orders', events: 3, lag: 0, deadLetters: 0 });
      expect(detail.groupStates).toMatchObject([{ group: 'packing', pending: 0, consumers: [{ isHere: true }] }]);
    }, EVENTUALLY);
    const page = await json<EventPage>(`${EVENTS}?limit=2`);
    expect(page.events.map(({ key }) => key)).toEqual(['3', '2']);
    expect(page.events[0]?.arguments).toEqual({
      ...{ order: '3', note: 'a note', lines: [{ item: 7 }] },
      email: { $personal: true },
    });
    const rest = await json<EventPage>(`${EVENTS}?limit=2&before=${encodeURIComponent(page.older ?? '')}`);
    expect(rest.events.map(({ key }) => key)).toEqual(['1']);
    expect(rest.older).toBeUndefined();
  });

  it('changes nothing unless it was told to', async () => {
    const { ask, orders, json } = await startServer({ server });
    await orders.placed('1', SECRET, 'broken', []);
    const { letters } = await oneLetter(json);
    const answer = await ask(`${LETTERS}/redrive`, act('redrive', [letters[0]?.id ?? '']));
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'READ_ONLY' }]);
  });

  it('redrives and removes dead letters, and logs who did it and nothing of what is in them', async () => {
    const dashboard = { actions: true, access: () => ({ who: 'ada\nfake line' }) };
    const { ask, orders, packing, json, logged } = await startServer({ server, dashboard });
    await orders.placed('1', SECRET, 'broken', []);
    await orders.placed('2', SECRET, 'broken', []);
    const two = () => json<DeadLetterPage>(LETTERS).then((page) => (expect(page.total).toBe(2), page));
    const { letters } = await vi.waitFor(two, EVENTUALLY);
    const first = await json<DeadLetterPage>(`${LETTERS}?limit=1`);
    expect(first).toMatchObject({ letters: [{ code: 'NonRetryableError', kind: 'failed' }], total: 2 });
    const next = await json<DeadLetterPage>(`${LETTERS}?limit=1&after=${first.next ?? ''}`);
    expect([next.letters.length, next.next]).toEqual([1, undefined]);
    const shown = await json<DeadLetterDetail>(`${LETTERS}/${letters[0]?.id ?? ''}`);
    expect(shown).toMatchObject({ event: { key: '1', arguments: { note: 'broken', email: { $personal: true } } } });
    packing.isBroken = false;
    const redriven = await ask(`${LETTERS}/redrive`, act('redrive', [letters[0]?.id ?? '']));
    expect([redriven.status, await redriven.json()]).toEqual([200, { done: 1 }]);
    await vi.waitFor(() => expect(packing.packed).toEqual(['1']), EVENTUALLY);
    const removed = await ask(`${LETTERS}/remove`, act('remove', [letters[1]?.id ?? '']));
    expect(await removed.json()).toEqual({ done: 1 });
    expect((await json<DeadLetterPage>(LETTERS)).total).toBe(0);
    const lines = logged.filter((line) => line.includes('dashboard:'));
    expect(lines).toEqual([
      `log dashboard: redrive of 1 dead letter of ${STREAM}, group packing by ada?fake line: 1 found`,
      `log dashboard: remove of 1 dead letter of ${STREAM}, group packing by ada?fake line: 1 found`,
    ]);
  });

  it('refuses actions that its own page has not sent', async () => {
    const { ask, orders, json, url } = await startServer({ server, dashboard: { actions: true } });
    await orders.placed('1', SECRET, 'broken', []);
    const { letters } = await oneLetter(json);
    const ids = letters.map(({ id }) => id);
    const fair = act('remove', ids, { origin: new URL(url).origin });
    const forged: readonly (readonly [RequestInit, number])[] = [
      [act('remove', ids, { origin: 'https://evil.example' }), 403],
      [act('remove', ids, { origin: 'null' }), 403],
      [act('remove', ids, { 'sec-fetch-site': 'cross-site' }), 403],
      [act('remove', ids, { 'sec-fetch-site': 'same-site', origin: new URL(url).origin }), 403],
      [act('redrive', ids), 403],
      [{ ...fair, headers: { 'content-type': 'application/json' } }, 403],
      [
        { ...fair, body: new URLSearchParams({ ids: ids[0] ?? '' }), headers: { 'x-event-backbone-action': 'remove' } },
        415,
      ],
      [{ ...fair, body: JSON.stringify({ ids, confirmed: 2 }) }, 400],
      [{ ...fair, body: JSON.stringify({ ids: [], confirmed: 0 }) }, 400],
      [{ ...fair, body: JSON.stringify({ ids: 'all', confirmed: 3 }) }, 400],
    ];
    for (const [init, status] of forged) {
      const answer = await ask(`${LETTERS}/remove`, init);
      expect([init, answer.status]).toEqual([init, status]);
    }
    expect((await json<DeadLetterPage>(LETTERS)).total).toBe(1);
    expect((await ask(`${LETTERS}/remove`, fair)).status).toBe(200);
    expect((await json<DeadLetterPage>(LETTERS)).total).toBe(0);
  });

  it('answers what is not there with 404, and what cannot be understood with 400', async () => {
    const { ask, orders } = await startServer({ server });
    await orders.placed('1', SECRET, '', []);
    const answers: readonly (readonly [string, number])[] = [
      ['/api/streams/default~default~nothing', 404],
      ['/api/streams/nothing/events', 404],
      [`/api/streams/${STREAM}/groups/nobody/dead-letters`, 404],
      [`${LETTERS}/12345`, 404],
      [`${EVENTS}/0:4711`, 404],
      [`${EVENTS}/nonsense`, 400],
      [`${EVENTS}?limit=0`, 400],
      [`${EVENTS}?from=yesterday`, 400],
      [`${EVENTS}?before=%00`, 400],
      [`${EVENTS}?id=${encodeURIComponent('a b')}`, 400],
    ];
    for (const [path, status] of answers) {
      const answer = await ask(path);
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        status,
        expect.objectContaining({ code: expect.any(String) as string }),
      ]);
    }
  });

  it('sends what changes to those who watch, and stops with the application at once', async () => {
    const { ask, orders, app } = await startServer({ server });
    const viewer = await listenTo(ask, `?stream=${STREAM}`);
    await vi.waitFor(
      () => expect(viewer.last.get('streams')).toMatchObject([{ stream: STREAM, events: 0 }]),
      EVENTUALLY,
    );
    await orders.placed('1', SECRET, '', []);
    await vi.waitFor(() => {
      expect(viewer.last.get('streams')).toMatchObject([{ events: 1 }]);
      expect(viewer.last.get('stream')).toMatchObject({ events: 1, groupStates: [{ group: 'packing', lag: 0 }] });
    }, EVENTUALLY);
    expect(viewer.last.get('away')).toEqual([]);
    const closing = app.close();
    await viewer.ended;
    await closing;
  });
});

describe('the options of the dashboard', () => {
  it('are refused in production without a guard', () => {
    vi.stubEnv('NODE_ENV', 'production');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => EventBackboneDashboardModule.forRoot()).toThrow(/EB_OPTIONS.*guard/);
    expect(() => EventBackboneDashboardModule.forRoot({ guard: Doorman })).not.toThrow();
  });

  it('are refused when nobody knows them, and so are paths that cannot be routes, and connections that are not there', async () => {
    expect(() => EventBackboneDashboardModule.forRoot({ gaurd: Doorman } as never)).toThrow(/unknown option gaurd/);
    expect(() => EventBackboneDashboardModule.forRoot({ path: '/:id*' })).toThrow(/EB_OPTIONS.*path/);
    await expect(startServer({ dashboard: { connections: ['other'] } })).rejects.toThrow(/names other.*has: default/);
  });
});
