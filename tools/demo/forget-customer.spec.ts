import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forgetCustomer } from './forget-customer.mjs';
import type { Shipment } from './service-answers.mjs';

const ANN = shipment('one', 'ann@example.com');
const BEN = shipment('two', 'ben@example.com');
const ERASED: Shipment = { ...ANN, customer: 'erased' };

function shipment(id: string, email: string): Shipment {
  return { shipment: id, customer: { name: 'Somebody', email }, product: 'Bike', state: 'received', times: {} };
}

/** What the services answer, once a person was forgotten and once the reporter was started anew. */
interface Answers {
  readonly erased: number;
  readonly ofAnn: readonly unknown[];
  readonly ofBen: readonly unknown[];
  readonly board: readonly Shipment[];
  readonly boardAnew: readonly Shipment[];
}

const GOOD: Answers = { erased: 2, ofAnn: [], ofBen: [{}], board: [ERASED, BEN], boardAnew: [BEN, ERASED] };

/** Has a customer forgotten by services that give these answers. */
async function forgetting(answers: Answers): ReturnType<typeof forgetCustomer> {
  let ofAnn: readonly unknown[] = [{}, {}];
  let ofBen: readonly unknown[] = [{}];
  let board: readonly Shipment[] = [ANN, BEN];
  const server = createServer(({ method, url = '' }, answer) => {
    if (method === 'DELETE') {
      ({ ofAnn, ofBen, board } = answers);
      answer.end(JSON.stringify({ events: answers.erased, fields: 2, keys: 1, announced: 1 }));
    } else answer.end(JSON.stringify(url === '/shipments' ? board : url.includes('ann') ? ofAnn : ofBen));
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const restart = () => {
    board = answers.boardAnew;
    return Promise.resolve();
  };
  const services = { urls: { order: url, transit: url, reporter: url }, channel: memoryChannel(), restart };
  return forgetCustomer(
    { ...services, stop: () => Promise.resolve() },
    { shipments: [ANN, BEN], timeoutMs: 100, say: () => undefined, signal: new AbortController().signal },
  );
}

describe('the customer that the demo forgets', () => {
  it('is erased, and nobody else', async () => {
    const { shipments, result } = await forgetting(GOOD);
    expect(shipments).toEqual([ERASED, BEN]);
    expect(result).toBe('ann@example.com is forgotten, 2 fields and 1 key erased; a replay shows all others whole');
  });

  it.each<[string, Partial<Answers>, RegExp]>([
    ['is known to an event still', { ofAnn: [{}] }, /1 still know ann@/],
    ['was erased from too few events', { erased: 1 }, /of 2 events, 1 were erased/],
    ['is not the only one', { ofBen: [] }, /of 1 events, 0 still know ben@/],
    ['is still on the board', { board: [ANN, BEN] }, /does not show ann@example.com as erased/],
    [
      'is not the only one on the board',
      { board: [ERASED, { ...BEN, customer: 'erased' }] },
      /everybody else as before/,
    ],
    ['is back after a replay', { boardAnew: [ANN, BEN] }, /another one than before/],
    ['took a shipment along in the replay', { boardAnew: [ERASED] }, /another one than before/],
  ])('makes the demo fail when it %s', async (_, bad, message) => {
    await expect(forgetting({ ...GOOD, ...bad })).rejects.toThrow(message);
  });
});
