/**
 * What the compiler must accept and refuse of a reader. Nothing here runs: an expected error that is gone is itself an
 * error, and so is one that comes up unexpected.
 */
import type { Erasure, EventReader, PlainEvent, Reducer } from 'nest-event-backbone';
import type { Buyer, Shop } from './shop.js';

export async function rightUses(reader: EventReader<Shop>): Promise<void> {
  for await (const event of reader.events()) {
    if (event.name === 'paid') {
      const amount: number = event.args.amount;
      const note: string | undefined = event.args.note;
      use(amount, note, event.appendedAt.getTime(), event.position.partition);
    } else if (event.name === 'opened') {
      const at: Date = event.args.at;
      use(at);
    } else {
      const closed: 'closed' = event.name;
      use(closed);
    }
  }
  for await (const event of reader.events({ types: [(e) => e.paid] })) {
    const name: 'paid' = event.name;
    use(name, event.args.amount);
  }
  for await (const event of reader.events({ types: [(e) => e.paid, 'closed', (e) => e.$erased] })) {
    if (event.name === '$erased') {
      const erasure: Erasure = event.args.erasure;
      use(erasure);
    }
    const name: 'paid' | 'closed' | '$erased' = event.name;
    use(name);
  }
  for await (const event of reader.events({ types: ['paid'], fields: ['amount'] })) use(event.args.amount);
  for await (const event of reader.events({ plain: true })) {
    const plain: PlainEvent = event;
    use(plain);
  }
  const event = await reader.get({ partition: 0, id: '1' });
  if (event?.name === 'opened') use(event.args.buyer);
  const total: Reducer<Shop, number> = { initial: () => 0, on: { paid: (sum, { args }) => sum + args.amount } };
  const sum: number = await reader.fold(total, { key: 'a', until: new Date() });
  await reader.aggregate('a', total).decide((state, record) => record.paid('a', state + sum));
}

export async function wrongUses(reader: EventReader<Shop>, buyer: Buyer): Promise<void> {
  for await (const event of reader.events()) {
    // @ts-expect-error only payments have an amount
    use(event.args.amount);
    // @ts-expect-error no such event
    if (event.name === 'sold') use(buyer);
  }
  for await (const event of reader.events({ types: ['paid'], fields: ['amount'] })) {
    // @ts-expect-error it was not asked for
    use(event.args.account);
  }
  // @ts-expect-error no such event
  reader.events({ types: ['sold'] });
  // @ts-expect-error no such event
  reader.events({ types: ['paid', 'sold'] });
  // @ts-expect-error no such argument
  reader.events({ fields: ['price'] });
  // @ts-expect-error a time is a Date
  reader.events({ from: 17 });
  // @ts-expect-error the amount is a number
  const wrong: Reducer<Shop, string> = { initial: () => '', on: { paid: (_, { args }) => args.amount } };
  await reader.fold(wrong);
  // @ts-expect-error a state needs its first value
  await reader.fold({ on: {} });
  await reader.aggregate('a', wrong).decide((_, record) => {
    // @ts-expect-error the arguments of what is decided are checked
    record.paid('a', '1');
  });
}

function use(...values: readonly unknown[]): void {
  if (values.length > 9) throw new Error('too many');
}
