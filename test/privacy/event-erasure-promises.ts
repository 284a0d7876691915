import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import type { ErasureServers } from './erasure-promises.js';
import { everything, SECRET, sharedChannel, startVisits, withErase, WRAPPING } from './start-visits.js';
import { Visits } from './visits.js';

const LONG = { timeout: 15_000 };

/** Declares the tests of the erasure of single events, the same for all servers. */
export function eventErasurePromises(servers: ErasureServers): void {
  const off = () => Promise.reject(new Error('the power is off'));
  const cuts = {
    'before its fields are removed': () => withErase(servers.channel(), off),
    'before it is announced': () =>
      sharedChannel(servers.channel(), {
        publish: (stream, messages, options) =>
          messages.some(({ type }) => type.startsWith('$'))
            ? off()
            : servers.channel().publish(stream, messages, options),
      }),
  };

  it.each(Object.entries(cuts))(
    'the erasure of an event, cut off %s, is finished by the next start',
    async (_, cut) => {
      const store = sharedStore(servers.store());
      const environment = `visits-${randomUUID()}`;
      const options = { privacy: { secret: SECRET, keys: { store, wrapping: WRAPPING } } };
      const first = await startVisits({ channel: cut(), store, environment }, options);
      const { id } = await first.visits.remarked('a Canary sings', 1);
      await first.visits.remarked('a Sparrow sings', 2);
      await expect(first.privacy.eraseEvent(Visits, id)).rejects.toThrow('the power is off');
      await first.app.close();

      const channel = sharedChannel(servers.channel());
      const second = await startVisits({ channel, store, environment }, options);
      await vi.waitFor(() => expect(second.seen.erasures).toMatchObject([{ events: [id], fields: ['remark'] }]), LONG);
      const stored = await everything(servers.channel(), second.stream);
      expect(stored.map(({ message }) => Object.hasOwn(message?.fields ?? {}, 'remark'))).toEqual([false, true, false]);
      await vi.waitFor(async () => expect(await second.privacy.resume()).toBe(0), LONG);
      expect(second.logged.join('\n')).toContain('finished the erasure of an event');
      expect((await second.privacy.audit()).findings).toEqual([]);
    },
  );
}
