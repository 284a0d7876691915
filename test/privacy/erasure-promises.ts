import { randomUUID } from 'node:crypto';
import { Erased } from 'nest-event-backbone';
import {
  ConsumedEvent,
  describeContract,
  jsonCodec,
  runWithEvent,
  type Channel,
  type EventContext,
  type PayloadStore,
  type ReadEvent,
  type Stream,
} from 'nest-event-backbone/core';
import { expect, it, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import {
  everything,
  SECRET,
  sharedChannel,
  startVisits,
  textOf,
  withErase,
  withoutErase,
  WRAPPING,
} from './start-visits.js';
import { Visits } from './visits.js';

/** What the promises are tried on; both are closed by whoever gives them. */
export interface ErasureServers {
  readonly channel: () => Channel;
  readonly store: () => PayloadStore;
}

const LONG = { timeout: 15_000 };
const ada = (name = 'Ada Canary') => ({ email: 'ada@example.org', name });
const bob = { email: 'bob@example.org', name: 'Bob Sparrow' };

/** Declares the tests of erasure, the same for all servers. */
export function erasurePromises(servers: ErasureServers): void {
  /** People with events of their own in each test. */
  function parts() {
    const id = randomUUID();
    return {
      channel: sharedChannel(servers.channel()),
      store: sharedStore(servers.store()),
      environment: `visits-${id}`,
      tenant: () => id,
      of: { tenant: id },
    };
  }
  const privacyOf = ({ store, tenant }: ReturnType<typeof parts>) => ({
    privacy: { secret: SECRET, keys: { store, wrapping: WRAPPING }, tenant },
  });

  it('what a handler that was running produces about an erased person is erased, too', async () => {
    const all = parts();
    const started = await startVisits(all, privacyOf(all));
    await started.visits.came(ada(), 1);
    const [read] = await started.read();
    if (!read?.message) throw new Error('the event is not there');
    await started.privacy.erase('ada@example.org', all.of);
    const { id } = read.message;
    await runWithEvent(running(started.backbone.channel, started.stream, read), () =>
      started.visits.came(ada('Ada Late'), 2),
    );
    const late = (await started.read()).filter(({ message }) => message?.causationId === id);
    expect(late.map(({ message }) => message?.erased)).toEqual([['visitor']]);

    // Twin: not in a handler she has come back, and has a new key.
    await started.visits.came(ada('Ada Again'), 3);
    const text = textOf(await started.read());
    expect(text).toContain('Ada Again');
    expect(text).not.toContain('Ada Late');
  });

  it('a person who was erased is found nowhere, and everybody else is', async () => {
    const all = parts();
    const first = await startVisits(all, privacyOf(all));
    await first.visits.came(ada(), 1);
    await first.visits.came(bob, 2);
    await first.visits.wrote('I am Ada Canary', 'ada@example.org');
    await vi.waitFor(async () => expect(await first.letters.list(Visits)).toHaveLength(1), LONG);
    expect(textOf(await first.read())).toContain('Canary');
    expect(textOf(await everything(servers.channel(), first.stream))).not.toMatch(/Canary|Sparrow/);
    const shown = async (of: typeof first) => of.letters.show(Visits, (await of.letters.list(Visits))[0]?.id ?? '');
    expect(JSON.stringify(await shown(first))).toContain('Canary');

    let done = 0;
    const onProgress = (more: number) => (done += more);
    const report = await first.privacy.erase('ada@example.org', { ...all.of, onProgress });
    expect(report).toMatchObject({ events: 2, fields: 3, keys: 1, announced: 2 });
    expect(done).toBe(2);
    await first.app.close();

    const second = await startVisits(all, {
      ...privacyOf(all),
      groups: {},
      group: `late-${randomUUID()}`,
    });
    const events = await second.read();
    expect(textOf(events)).not.toContain('Canary');
    expect(textOf(events)).toContain('Sparrow');
    expect(events.find(({ message }) => message?.type === 'came.v1')?.message?.erased).toEqual(['visitor']);
    await vi.waitFor(() => expect(second.seen.visitors).toHaveLength(2), LONG);
    expect(second.seen.visitors.map((visitor) => visitor instanceof Erased)).toEqual([true, false]);
    await vi.waitFor(() => expect(second.seen.erasures).toHaveLength(2), LONG);
    expect(JSON.stringify(second.seen.erasures)).not.toMatch(/ada@|Canary/);
    await vi.waitFor(() => expect(second.model.rows('book', 'names').size).toBe(2), LONG);
    expect([...second.model.rows('book', 'names')]).toEqual([
      ['1', 'erased'],
      ['2', 'Bob Sparrow'],
    ]);
    const letter = await second.letters.list(Visits, { group: 'porter' });
    expect(JSON.stringify(await second.letters.show(Visits, letter[0]?.id ?? '', { group: 'porter' }))).not.toContain(
      'Canary',
    );
    expect(first.logged.join()).not.toMatch(/ada@|Canary/);
    expect(await second.privacy.erase('ada@example.org', all.of)).toMatchObject({
      events: 0,
      fields: 0,
      keys: 0,
      announced: 0,
    });
    expect((await second.privacy.audit()).findings).toEqual([]);
  });

  it('what was taken to a backup before stays closed, as long as the keys are not put back', async () => {
    const all = parts();
    const kept: { key: { eventId: string; field: string }; value: Uint8Array }[] = [];
    const remembering: PayloadStore = {
      ...all.store,
      put: async (entries, options) => {
        await all.store.put(entries, options);
        for (const { value, ...key } of entries) if (key.eventId.startsWith('keys.')) kept.push({ key, value });
      },
    };
    const backup = { ...all, channel: withoutErase(servers.channel()), store: remembering };
    const { visits, read, privacy, app } = await startVisits(backup, privacyOf(backup));
    await visits.came(ada(), 1);
    await privacy.erase('ada@example.org', all.of);
    expect(textOf(await read())).not.toContain('Canary');
    expect((await read())[0]?.message?.erased).toEqual(['visitor']);
    await app.close();

    // Put back, but remembered as erased: closed for us, and the audit tells.
    await all.store.put(kept.map(({ key, value }) => ({ ...key, value })));
    const again = await startVisits({ ...all, channel: backup.channel }, privacyOf(all));
    expect((await again.read())[0]?.message?.erased).toEqual(['visitor']);
    expect((await again.privacy.audit()).findings).toMatchObject([
      { kind: 'erased', field: 'visitor', where: 'stream' },
    ]);
    await again.app.close();

    // Without that memory it is the key alone that keeps it closed.
    for (const { field, eventId } of kept.map(({ key }) => key)) {
      const marks = await all.store.list(eventId.replace('keys.', 'erased-keys.'));
      await all.store.erase(marks.filter((mark) => mark.field.startsWith(field)));
    }
    const open = await startVisits({ ...all, channel: backup.channel }, privacyOf(all));
    expect(textOf(await open.read())).toContain('Canary');
  });

  it('an erasure that was cut off is finished by the next start', async () => {
    const all = parts();
    let broken = true;
    const { admin } = servers.channel();
    const channel = withErase(servers.channel(), (stream, ids, fields) =>
      broken ? Promise.reject(new Error('the power is off')) : admin.erase(stream, ids, fields),
    );
    const first = await startVisits({ ...all, channel }, privacyOf(all));
    await first.visits.came(ada(), 1);
    await expect(first.privacy.erase('ada@example.org', all.of)).rejects.toThrow('the power is off');
    expect((await first.read()).map(({ message }) => message?.type)).toEqual(['came.v1']);
    await first.app.close();
    broken = false;
    const second = await startVisits({ ...all, channel }, privacyOf(all));
    await vi.waitFor(() => expect(second.seen.erasures).toHaveLength(1), LONG);
    const stored = await everything(servers.channel(), second.stream);
    expect(stored[0]?.message?.fields).not.toHaveProperty('visitor');
    await vi.waitFor(async () => expect(await second.privacy.resume()).toBe(0), LONG);
    expect(second.logged.join('\n')).toContain('finished the erasure');
  });

  it('an erasure that was cut off is finished by calling it again', async () => {
    const all = parts();
    let broken = true;
    const channel = sharedChannel(servers.channel(), {
      publish: (stream, messages, options) =>
        broken && messages.some(({ type }) => type.startsWith('$'))
          ? Promise.reject(new Error('the power is off'))
          : servers.channel().publish(stream, messages, options),
    });
    const { visits, privacy, seen } = await startVisits({ ...all, channel }, privacyOf(all));
    await visits.came(ada(), 1);
    await expect(privacy.erase('ada@example.org', all.of)).rejects.toThrow('the power is off');
    broken = false;
    expect(await privacy.erase('ada@example.org', all.of)).toMatchObject({ fields: 1, keys: 0, announced: 1 });
    await vi.waitFor(() => expect(seen.erasures).toHaveLength(1), LONG);
  });

  it('a person who comes back is read again, and the past stays erased', async () => {
    const all = parts();
    const { visits, privacy, read } = await startVisits(all, privacyOf(all));
    await visits.came(ada('Ada Before'), 1);
    await privacy.erase('ada@example.org', all.of);
    await visits.came(ada('Ada After'), 2);
    expect(textOf(await read())).toContain('Ada After');
    expect(textOf(await read())).not.toContain('Ada Before');
    expect(await privacy.erase('ada@example.org', all.of)).toMatchObject({ events: 1, keys: 1 });
    expect(textOf(await read())).not.toContain('Ada After');
  });

  it('a person is shown what there is about him, and nothing else', async () => {
    const all = parts();
    const { visits, privacy } = await startVisits(all, privacyOf(all));
    await visits.came(ada(), 1);
    await visits.came(bob, 2);
    await visits.wrote('my text', 'ada@example.org');
    const shown = await privacy.export('ada@example.org', all.of);
    expect(shown.map(({ type, fields }) => ({ type, fields }))).toEqual(
      expect.arrayContaining([
        { type: 'came.v1', fields: { visitor: ada() } },
        { type: 'wrote.v1', fields: { text: 'my text', email: 'ada@example.org' } },
      ]),
    );
    expect(shown).toHaveLength(2);
    expect(await privacy.export('carl@example.org', all.of)).toEqual([]);
    await privacy.erase('ada@example.org', all.of);
    expect(await privacy.export('ada@example.org', all.of)).toEqual([]);
  });

  it('the same person of another tenant is somebody else', async () => {
    const all = parts();
    const tenant = ({ headers }: { headers: Readonly<Record<string, string>> }) =>
      all.of.tenant + (headers['shop'] ?? '');
    const keys = { store: all.store, wrapping: WRAPPING };
    const { visits, privacy, read } = await startVisits(all, { privacy: { secret: SECRET, keys, tenant } });
    await visits.$with({ headers: { shop: 'a' } }).came(ada('Ada Here'), 1);
    await visits.$with({ headers: { shop: 'b' } }).came(ada('Ada There'), 2);
    await privacy.erase('ada@example.org', { tenant: `${all.of.tenant}a` });
    expect(textOf(await read())).not.toContain('Ada Here');
    expect(textOf(await read())).toContain('Ada There');
  });

  it('personal data of nobody is erased with its event', async () => {
    const all = parts();
    const { visits, privacy, read, stream } = await startVisits(all, privacyOf(all));
    const { id } = await visits.remarked('a Canary sings', 1);
    await visits.remarked('a Sparrow sings', 2);
    expect(textOf(await everything(servers.channel(), stream))).not.toContain('Canary');
    expect(await privacy.eraseEvent(Visits, id)).toBe(true);
    expect(await privacy.eraseEvent(Visits, 'unknown')).toBe(false);
    expect(textOf(await read())).not.toContain('Canary');
    expect(textOf(await read())).toContain('Sparrow');
    expect((await read())[0]?.message?.erased).toEqual(['remark']);
  });

  it('an audit finds what was stored past the encryption', async () => {
    const all = parts();
    const { visits, privacy, stream, seen } = await startVisits(all, privacyOf(all));
    await visits.came(bob, 2);
    await vi.waitFor(() => expect(seen.visitors).toHaveLength(1), LONG);
    const [{ message: template } = {}] = await everything(servers.channel(), stream);
    expect((await privacy.audit()).findings).toEqual([]);
    if (!template) throw new Error('there is no event');
    await servers
      .channel()
      .publish(stream, [{ ...template, id: 'leak', fields: { visitor: '{"name":"Canary"}', door: '1' } }]);
    let read = 0;
    const report = await privacy.audit({ onProgress: (more) => (read += more) });
    expect(read).toBe(report.events);
    expect(report.findings).toMatchObject([{ kind: 'clear', eventId: 'leak', field: 'visitor', where: 'stream' }]);
    expect(JSON.stringify(report)).not.toContain('Canary');
  });

  it('payload stores are erased, too, and what is left behind there is found', async () => {
    const all = parts();
    const large = sharedStore(servers.store());
    const payloads = { stores: { large }, routes: [{ to: 'large', fields: 'personal' }] } as const;
    // Without encryption, so that it is the erasure of the store that is looked at.
    const privacy = { ...privacyOf(all).privacy, encrypt: false };
    const started = await startVisits(all, { payloads, privacy });
    const { id } = await started.visits.came(ada(), 1);
    expect(textOf(await everything(servers.channel(), started.stream))).not.toContain('Canary');
    const key = { eventId: id, field: 'visitor' };
    const [value] = await large.get([key]);
    expect(Buffer.from(value ?? []).toString()).toContain('Canary');
    await started.privacy.erase('ada@example.org', all.of);
    expect(Buffer.from((await large.get([key]))[0] ?? []).toString()).not.toContain('Canary');
    expect(textOf(await started.read())).not.toContain('Canary');
    expect((await started.privacy.audit()).findings).toEqual([]);
    await large.put([{ ...key, value: value ?? Buffer.of() }]);
    expect((await started.privacy.audit()).findings).toMatchObject([{ kind: 'erased', field: 'visitor' }]);
  });
}

/** An event as its handler has it while it runs. */
function running(channel: Channel, stream: Stream, { message, position }: ReadEvent): EventContext {
  const event = describeContract(Visits).byMethod.get('came');
  if (!message || !event) throw new Error('the event is not there');
  const from = { channel, stream, group: 'porter', codec: jsonCodec, stopping: new AbortController().signal };
  return new ConsumedEvent(event, { position, appendedAt: 0, deliveries: 1, message }, message, from);
}
