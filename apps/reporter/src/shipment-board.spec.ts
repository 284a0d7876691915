import { describe, expect, it } from 'vitest';
import { ShipmentBoard } from './shipment-board.js';
import type { Shipment, Step } from './shipment.js';

const ANN = { name: 'Ann', email: 'ann@example.com' };

function noted(...steps: readonly (readonly [Step, number])[]): ShipmentBoard {
  const board = new ShipmentBoard();
  for (const [step, second] of steps) {
    const order = step === 'placed' ? { customer: ANN, product: 'Bike' } : {};
    board.note({ shipment: 'one', step, time: new Date(second * 1000), ...order });
  }
  return board;
}

describe('the board of shipments', () => {
  it('keeps who ordered, the last step of each shipment, and when it took each', () => {
    const board = noted(['placed', 1], ['packing', 2]);
    board.note({ shipment: 'two', step: 'placed', time: new Date(3000), product: 'Laptop' });

    expect(board.list()).toEqual([
      {
        shipment: 'one',
        customer: ANN,
        product: 'Bike',
        state: 'packing',
        times: { placed: new Date(1000), packing: new Date(2000) },
      },
      { shipment: 'two', product: 'Laptop', state: 'placed', times: { placed: new Date(3000) } },
    ]);
  });

  it('does not change when an event is handed out twice', () => {
    const once = noted(['placed', 1], ['packing', 2]);
    const twice = noted(['placed', 1], ['packing', 2], ['placed', 8], ['packing', 9]);

    expect(twice.list()).toEqual(once.list());
  });

  it('does not go back to a step whose event is late', () => {
    const board = noted(['received', 4], ['placed', 1]);

    expect(board.list()).toMatchObject([{ product: 'Bike', state: 'received' }]);
  });

  it('forgets a customer for good, and nothing else of the shipment', () => {
    const board = noted(['placed', 1], ['packing', 2]);
    const [before] = board.list();
    board.forget('one');
    expect(board.list()).toEqual([{ ...before, customer: 'erased' }]);

    board.note({ shipment: 'one', step: 'placed', time: new Date(1000), customer: ANN, product: 'Bike' });
    expect(board.list()).toEqual([{ ...before, customer: 'erased' }]);
  });

  it('is the same when the customer was forgotten before the order was seen', () => {
    const forgotten = noted(['placed', 1]);
    forgotten.forget('one');
    const late = new ShipmentBoard();
    late.forget('one');
    late.note({ shipment: 'one', step: 'placed', time: new Date(1000), customer: 'erased', product: 'Bike' });

    expect(late.list()).toEqual(forgotten.list());
  });

  it('tells of each change, until the app ends', () => {
    const board = new ShipmentBoard();
    const seen: Shipment[] = [];
    let isOver = false;
    board.changes.subscribe({ next: (shipment) => seen.push(shipment), complete: () => (isOver = true) });

    board.note({ shipment: 'one', step: 'placed', time: new Date(1000), customer: ANN, product: 'Bike' });
    board.forget('one');
    board.onModuleDestroy();

    const placed = { shipment: 'one', product: 'Bike', state: 'placed', times: { placed: new Date(1000) } };
    expect(seen).toEqual([
      { ...placed, customer: ANN },
      { ...placed, customer: 'erased' },
    ]);
    expect(isOver).toBe(true);
  });
});
