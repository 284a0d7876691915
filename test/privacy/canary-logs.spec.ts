import { randomUUID } from 'node:crypto';
import { BadRequestException, Catch, UseFilters } from '@nestjs/common';
import { EventHandler, Project, Projection, type EventBackboneOptions } from 'nest-event-backbone';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { memoryReadModel } from 'nest-event-backbone/projections';
import { describe, expect, it, vi } from 'vitest';
import { canary, Guest, Hotel, startHotel, type HotelParts } from './canary-hotel.js';
import { nightsInMemory } from './canary-nights.js';
import { allOf, search, text } from './canary-search.js';
import { SECRET, WRAPPING } from './start-visits.js';

/** What of a person is in the log of an application whose handler fails and quotes the person. */
async function foundInLog(options: Partial<EventBackboneOptions>, until: string, own: Partial<HotelParts> = {}) {
  const { guest, about, sought } = canary();
  const parts = { channel: memoryChannel(), ...nightsInMemory(), ...own };
  const { hotel, log } = await startHotel(parts, `hotel-${randomUUID()}`, {
    privacy: { secret: SECRET, keys: { store: memoryPayloadStore(), wrapping: WRAPPING } },
    ...options,
  });
  await hotel.complained(guest, about);
  const lines = () => log.logged.join('\n');
  await vi.waitFor(() => expect(lines()).toContain(until), { timeout: 15_000 });
  return search(allOf([text('the log', lines())]), sought);
}

@Projection('complaints', { contract: Hotel, onFailure: 'skip' })
class Complaints {
  @Project(Hotel, (e) => e.complained)
  take({ name, email }: Guest, about: string): void {
    throw new TypeError(`${name} <${email}>, who says ${JSON.stringify(about)}, cannot be written down`);
  }
}

@Catch(BadRequestException)
class OfSomethingElse {
  catch(): void {
    throw new Error('this filter is for other errors');
  }
}

class Filtered {
  @EventHandler(Hotel, (e) => e.complained, { group: 'filtered' })
  @UseFilters(new OfSomethingElse())
  answer({ name, email }: Guest, about: string): void {
    throw new TypeError(`${name} <${email}>, who says ${JSON.stringify(about)}, is not filtered`);
  }
}

describe('a handler that fails and quotes a person does not bring the person into the log', () => {
  it('when its event is set aside', async () => {
    expect(await foundInLog({ retry: { attempts: 1 } }, 'set aside complained.v1')).toEqual([]);
  });

  it('when it is tried again', async () => {
    expect(await foundInLog({ retry: { attempts: 2, firstDelayMs: 1 } }, 'try 1 of complained.v1')).toEqual([]);
  });

  it('when its group stops', async () => {
    const groups = { desk: { onFailure: 'stop', retry: { attempts: 1 } } } as const;
    expect(await foundInLog({ groups }, 'has failed and reads no more')).toEqual([]);
  });

  it('when its projection skips the event', async () => {
    expect(await foundInLog({}, 'projection complaints: skipped', { book: Complaints })).toEqual([]);
  });

  it('when its projection waits, because the failure looks as if it passed', async () => {
    const model = Object.assign(memoryReadModel(), { isTransient: () => true });
    expect(await foundInLog({}, 'projection complaints: waiting', { model, book: Complaints })).toEqual([]);
  });

  it('when a filter stands around it that is for other errors', async () => {
    expect(await foundInLog({ retry: { attempts: 1 } }, 'in filtered as failed', { book: Filtered })).toEqual([]);
  });
});
