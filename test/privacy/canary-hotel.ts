import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { Injectable, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsEmail, IsString } from 'class-validator';
import {
  Backbone,
  ContractEvent,
  DeadLetters,
  Erased,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  Field,
  InjectProducer,
  Key,
  Personal,
  Privacy,
  ProjectionModule,
  Projections,
  type Erasure,
  type EventBackboneOptions,
  type Producer,
} from 'nest-event-backbone';
import { DIAGNOSTICS, type Channel, type ReadModel } from 'nest-event-backbone/core';
import { PROJECTION_DIAGNOSTICS } from 'nest-event-backbone/projections';
import { onTestFinished, vi } from 'vitest';

/** A person. */
export class Guest {
  @IsString() readonly name!: string;
  @IsEmail() readonly email!: string;
}

const ofGuest = ({ guest }: { guest: Guest }) => guest.email;
const keyOfGuest = { of: ({ email }: Guest) => email, hashed: true };

/** The contract of these tests. */
@EventsContract('hotel')
export class Hotel {
  @ContractEvent()
  booked(
    @Field({ type: () => Guest })
    @Key(keyOfGuest)
    @Personal({ of: ofGuest, erasable: true })
    guest: Guest | Erased,
    nights: number,
  ) {
    return { guest, nights };
  }

  @ContractEvent()
  confirmed(@Personal({ of: ({ email }: { email: string }) => email }) email: string, room: number) {
    return { email, room };
  }

  @ContractEvent()
  complained(@Key(keyOfGuest) @Personal({ of: ofGuest }) guest: Guest, @Personal({ of: ofGuest }) about: string) {
    return { guest, about };
  }
}

/** A guest whose name and address occur nowhere by chance; `sought` is the part of them that any form of them holds. */
export function canary() {
  const rare = randomBytes(6).toString('hex');
  const guest: Guest = { name: `Zoë Canary${rare}`, email: `zoe.${rare}@example.org` };
  return { guest, about: `Canary${rare} cannot sleep`, sought: { name: `Canary${rare}`, email: `zoe.${rare}` } };
}

/** What one application is made of. */
export interface HotelParts {
  readonly channel: Channel;
  readonly model: ReadModel;
  /** A projection that keeps nothing personal. */
  readonly book: Type;
}

/** What an application has been given and has said. */
export interface HotelLog {
  readonly guests: (Guest | Erased)[];
  readonly confirmed: string[];
  readonly erasures: Erasure[];
  /** Everything written to the log. */
  readonly logged: string[];
  /** What diagnostics say, without the errors as they were thrown. */
  readonly diagnostics: string[];
}

/** Starts an application whose handlers fail and quote the guest when they do. */
export async function startHotel(
  { channel, model, book }: HotelParts,
  environment: string,
  options: Partial<EventBackboneOptions>,
) {
  const log: HotelLog = { guests: [], confirmed: [], erasures: [], logged: [], diagnostics: [] };

  @Injectable()
  class Desk {
    constructor(@InjectProducer(Hotel) private readonly hotel: Producer<Hotel>) {}

    @EventHandler(Hotel, (e) => e.booked)
    async confirm(guest: Guest | Erased, nights: number): Promise<void> {
      log.guests.push(guest);
      if (guest instanceof Guest) await this.hotel.confirmed(guest.email, nights * 100);
    }

    @EventHandler(Hotel, (e) => e.confirmed)
    send(email: string): void {
      log.confirmed.push(email);
    }

    @EventHandler(Hotel, (e) => e.complained)
    answer(guest: Guest, about: string): void {
      throw new TypeError(`${guest.name} <${guest.email}>, who says ${JSON.stringify(about)}, cannot be pleased`);
    }

    @EventHandler(Hotel, (e) => e.$erased)
    forget(erasure: Erasure): void {
      log.erasures.push(erasure);
    }
  }

  hear(log);
  const app = await Test.createTestingModule({
    imports: [
      EventBackboneModule.forRoot({
        ...{ channel, environment, group: 'desk', retry: { attempts: 2, firstDelayMs: 10 } },
        ...options,
      }),
      EventBackboneModule.forFeature([Hotel]),
      ProjectionModule.forRoot({ model }),
    ],
    providers: [Desk, book],
  })
    .setLogger(loggerInto(log))
    .compile();
  onTestFinished(() => app.close());
  await app.init();
  const backbone = app.get(Backbone);
  return {
    ...{ app, backbone, log },
    hotel: backbone.producer(Hotel),
    letters: app.get(DeadLetters),
    privacy: app.get(Privacy),
    projections: app.get(Projections),
  };
}

/** Everything that an application writes anywhere, as one text. */
export function saidBy({ logged, diagnostics }: HotelLog): string {
  return [...logged, ...diagnostics].join('\n');
}

function loggerInto({ logged }: HotelLog) {
  const write = (...said: readonly unknown[]) => void logged.push(inspect(said, { depth: 10 }));
  return { log: write, warn: write, error: write, debug: write, verbose: write, fatal: write };
}

/** Diagnostics, and whatever is written past the logger. */
function hear({ diagnostics, logged }: HotelLog): void {
  const listen = (message: unknown) => {
    // An error as it was thrown is for code that knows what to do with it.
    const rest = { ...(message as object), channel: undefined, error: undefined };
    diagnostics.push(inspect(rest, { depth: 10 }));
  };
  const names = [DIAGNOSTICS.channel, DIAGNOSTICS.consumer, PROJECTION_DIAGNOSTICS];
  for (const name of names) subscribe(name, listen);
  const past = (...said: readonly unknown[]) => void logged.push(inspect(said, { depth: 10 }));
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(past),
  );
  for (const stream of [process.stdout, process.stderr]) {
    spies.push(vi.spyOn(stream, 'write').mockImplementation((chunk) => (past(String(chunk)), true)) as never);
  }
  onTestFinished(() => {
    for (const name of names) unsubscribe(name, listen);
    for (const spy of spies) spy.mockRestore();
  });
}
