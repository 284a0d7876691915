import { describe, expect, it } from 'vitest';
import type { StoredRecord } from './kafka-driver.js';
import { PartitionIntake } from './partition-intake.js';

describe('the intake of a partition', () => {
  it('hands out what waits in order, and lets nothing unsettled be committed', () => {
    const intake = intakeOf(5);
    const [first, second] = intake.take(2).map(({ delivery }) => delivery);
    expect([first?.position.id, second?.position.id]).toEqual(['0', '1']);
    if (second) intake.settle(second);
    expect(intake.commitment).toBeUndefined();
    if (first) intake.settle(first);
    expect(intake.commitment).toBe(2n);
  });

  it('takes no record twice, wherever the client begins again', () => {
    const intake = intakeOf(3);
    intake.take(2);
    void intake.add(records(0, 5), 5n, 100);
    expect(intake.take(10).map(({ delivery }) => delivery.position.id)).toEqual(['2', '3', '4']);
  });

  it('lets no more come before there is room again', async () => {
    const intake = intakeOf(0);
    let hasRoom = false;
    const added = intake.add(records(0, 10), 10n, 4).then(() => (hasRoom = true));
    intake.take(6);
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    intake.take(1);
    await added;
    expect(hasRoom).toBe(true);
  });

  it('goes on behind what it has handed out when its partition comes back', () => {
    const intake = intakeOf(5);
    const [held] = intake.take(1);
    intake.stop();
    expect(intake.take(5)).toEqual([]);
    intake.resume(5n);
    expect(intake.next).toBe(1n);
    void intake.add(records(1, 4), 5n, 100);
    expect(intake.take(5)).toHaveLength(4);
    expect(held && intake.holds(held.delivery)).toBe(true);
  });

  it('passes tombstones by and counts them as done', () => {
    const intake = intakeOf(0);
    void intake.add(
      records(0, 3).map((record) => ({ ...record, value: null })),
      3n,
      100,
    );
    expect(intake.take(5)).toEqual([]);
    expect([intake.commitment, intake.isCaughtUp]).toEqual([3n, true]);
  });
});

function intakeOf(count: number): PartitionIntake {
  const intake = new PartitionIntake('group', { offset: 0n, committed: 0n, high: BigInt(count), replayedTo: 0n });
  void intake.add(records(0, count), BigInt(count), 100);
  return intake;
}

function records(from: number, count: number): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    partition: 0,
    offset: BigInt(from + i),
    timestamp: 1_000,
    key: null,
    value: Buffer.from('{}'),
    headers: {},
  }));
}
