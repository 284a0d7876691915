import assert from 'node:assert/strict';
import {
  comparePositions,
  type Checkpoint,
  type GroupMember,
  type Position,
  type StreamExtent,
} from '../../core/index.js';
import { promise } from './promise.js';
import { sampleMessages } from './sample-message.js';
import { GROUP, type Scene } from './scene.js';

/** What a channel promises to those who look at streams and consumers and change nothing. */
export const extentPromises = [
  promise('a stream tells how much it holds, and from where to where it reaches', async (scene) => {
    const empty = await extent(scene);
    assert.deepEqual([empty.events ?? 0, empty.first, empty.last], [0, [], []], 'a stream without events');
    const positions = (await scene.publish(sampleMessages(5))).map(({ position }) => position);
    const read = await scene.read();
    const found = await extent(scene);
    if (found.isEstimated) assert.ok(found.events === undefined || found.events > 0, 'the estimate');
    else assert.equal(found.events, 5, 'how many events there are');
    assertEnds(found.first, read[0]?.position, positions, 'first');
    assertEnds(found.last, read.at(-1)?.position, positions, 'last');
    if (found.lastAt !== undefined) assert.equal(found.lastAt, latest(read), 'when the newest event was stored');
  }),

  promise('what a stream says to have been appended grows with each append, and only with them', async (scene) => {
    await scene.append(1);
    const before = await extent(scene);
    const same = await extent(scene);
    assert.equal(same.appended, before.appended, 'how much was appended when nothing was');
    await scene.append(3);
    const after = await extent(scene);
    if (before.appended === undefined) return;
    assert.equal((after.appended ?? 0) - before.appended, 3, 'how much was appended');
  }),

  promise(
    'a stream that was trimmed tells what is left of it',
    async (scene) => {
      const positions = (await scene.publish(sampleMessages(4))).map(({ position }) => position);
      await scene.channel.admin.trim(scene.stream, { keep: 1 });
      const { events, first, last } = await extent(scene);
      assert.deepEqual({ events, first, last }, { events: 1, first: positions.slice(3), last: positions.slice(3) });
    },
    'trim',
  ),

  promise('a group names its consumers, and what each of them has in hand', async (scene) => {
    await scene.append(3);
    const listener = scene.listen({ consumer: 'the-first', batchSize: 2 });
    const delivered = await listener.take(2);
    const { consumers, members = [] } = await scene.state();
    if (members.length === 0 && consumers > 0) return;
    const pending = () => scene.state().then((state) => sumOf(state.members ?? []));
    assert.equal(members.length, consumers, 'how many consumers there are');
    assert.equal(sumOf(members), delivered.length, 'what they have in hand');
    await listener.settle(delivered);
    assert.equal(await pending(), 0, 'what they have in hand when everything is settled');
    await listener.close();
    await scene.until(
      async () => ((await scene.channel.admin.state(scene.stream, GROUP))?.members ?? []).length === 0,
      'a consumer that has left to be named no more',
    );
  }),
];

function extent(scene: Scene): Promise<StreamExtent> {
  return scene.deadline.within(scene.channel.admin.extent(scene.stream), 'how much a stream holds');
}

/** Of several partitions each has its own end. */
function assertEnds(
  found: Checkpoint,
  read: Position | undefined,
  published: readonly Position[],
  which: 'first' | 'last',
): void {
  assert.ok(read, 'nothing was read');
  const partitions = new Set(published.map(({ partition }) => partition));
  assert.deepEqual(
    new Set(found.map(({ partition }) => partition)),
    partitions,
    `the partitions of the ${which} positions`,
  );
  for (const position of found) {
    const own = published.filter(({ partition }) => partition === position.partition);
    const end = own.sort(comparePositions).at(which === 'first' ? 0 : -1);
    assert.deepEqual(position, end, `the ${which} position of partition ${position.partition}`);
  }
}

function latest(events: readonly { readonly appendedAt: number }[]): number {
  return Math.max(...events.map(({ appendedAt }) => appendedAt));
}

function sumOf(members: readonly GroupMember[]): number {
  return members.reduce((sum, { pending }) => sum + pending, 0);
}
