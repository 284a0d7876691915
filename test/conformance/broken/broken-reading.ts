import type { Channel, Position, ReadEvent, ReadOptions } from 'nest-event-backbone/core';
import { altered, alteredReading } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that read something else than they were asked for. */
export const brokenReading: readonly BrokenChannel[] = [
  broken(
    'reads from the beginning always',
    ['a read gives what is between two positions, without the first and with the last'],
    (intact) => ignoring(intact, { after: undefined }),
  ),
  broken(
    'reads to the end always',
    ['a read gives what is between two positions, without the first and with the last'],
    (intact) => ignoring(intact, { until: undefined }),
  ),
  broken('reads in one batch', ['a read ends at the present end, in batches no larger than asked'], (intact) =>
    ignoring(intact, { batchSize: 1_000 }),
  ),
  broken('reads every type', ['a read of some types gives only those'], (intact) =>
    ignoring(intact, { types: undefined }),
  ),
  broken('reads every field', ['a read of some fields gives only those'], (intact) =>
    ignoring(intact, { fields: undefined }),
  ),
  broken('reads every key', ['a read by key gives just its events in order'], (intact) =>
    ignoring(intact, { key: undefined }),
  ),
  broken('reads every id', ['a read by ids gives just these events in the order asked for'], (intact) =>
    ignoring(intact, { ids: undefined }),
  ),
  broken(
    'reads ids in the order of the stream',
    ['a read by ids gives just these events in the order asked for'],
    (intact) =>
      altered(intact, {
        async *read({ ids, ...options }) {
          for await (const batch of intact.read(options)) {
            yield batch.filter(({ message }) => !ids || ids.includes(message?.id ?? ''));
          }
        },
      }),
  ),
  broken('goes on reading at the end', ['a read ends at the present end, in batches no larger than asked'], (intact) =>
    altered(intact, {
      async *read(options) {
        yield* intact.read(options);
        await new Promise<never>(() => undefined);
      },
    }),
  ),
  broken(
    'begins a read by key at the beginning always',
    ['a read by key honours positions, types and fields'],
    (intact) => keyedWith(intact, { after: undefined }),
  ),
  broken('reads every type of a key', ['a read by key honours positions, types and fields'], (intact) =>
    keyedWith(intact, { types: undefined }),
  ),
  broken(
    'finds only those events of a key that it has appended itself',
    ['a read by key gives what was appended by others, and no more of what was trimmed'],
    (intact) => {
      const appended = new Set<string>();
      return altered(intact, {
        publish: (stream, messages, options) => {
          for (const { id } of messages) appended.add(id);
          return intact.publish(stream, messages, options);
        },
        async *read(options) {
          for await (const batch of intact.read(options)) {
            yield batch.filter(({ message }) => options.key === undefined || appended.has(message?.id ?? ''));
          }
        },
      });
    },
  ),
  broken(
    'gives events the position of the one before',
    ['a read gives each event the position that its append returned, and just that one is found there'],
    (intact) => alteredReading(intact, (event) => [{ ...event, position: before(event.position) }]),
  ),
  broken(
    'does not count the first moment in',
    [
      'a read between two times gives what was stored from the first on and before the second, exactly',
      'reads of two times that touch share no event and miss none',
    ],
    (intact) => shiftedTimes(intact, 1, 0),
  ),
  broken(
    'counts the last moment in',
    [
      'a read between two times gives what was stored from the first on and before the second, exactly',
      'reads of two times that touch share no event and miss none',
    ],
    (intact) => shiftedTimes(intact, 0, 1),
  ),
  broken('follows from the beginning whatever the time', ['a read that follows begins at a time'], (intact) =>
    followingWith(intact, { fromMs: undefined }),
  ),
  broken(
    'reads everything before it gives anything',
    ['a read fetches what lies ahead when it is asked for, and not before'],
    (intact) =>
      altered(intact, {
        async *read(options) {
          const all: (readonly ReadEvent[])[] = [];
          for await (const batch of intact.read(options)) all.push(batch);
          yield* all;
        },
      }),
  ),
  broken('cannot be left while it reads', ['a read that is left early ends, and the next one begins anew'], (intact) =>
    altered(intact, {
      async *read(options) {
        try {
          yield* intact.read(options);
        } finally {
          await new Promise<never>(() => undefined);
        }
      },
    }),
  ),
  broken(
    'goes on where another read was left',
    ['a read that is left early ends, and the next one begins anew'],
    (intact) => {
      let reached: ReadOptions['after'];
      return altered(intact, {
        async *read(options) {
          for await (const batch of intact.read({ ...options, after: reached })) {
            reached = batch.slice(-1).map(({ position }) => position);
            yield batch;
          }
        },
      });
    },
  ),
  broken(
    'ends where a read that follows should go on',
    ['a read that follows goes on with what is appended later, each event once and in order'],
    (intact) => ignoring(intact, { follow: undefined }),
  ),
  broken(
    'follows from the beginning once more',
    ['a read that follows goes on with what is appended later, each event once and in order'],
    (intact) =>
      altered(intact, {
        async *read({ follow, ...options }) {
          yield* intact.read(options);
          if (follow) yield* intact.read({ ...options, follow });
        },
      }),
  ),
  broken(
    'follows and never says that it has caught up',
    ['a read that follows says with an empty batch that everything there was has been read'],
    (intact) =>
      altered(intact, {
        async *read(options) {
          for await (const batch of intact.read(options)) if (batch.length > 0) yield batch;
        },
      }),
  ),
  broken(
    'says that it has caught up before it has',
    ['a read that follows says with an empty batch that everything there was has been read'],
    (intact) =>
      altered(intact, {
        async *read(options) {
          if (options.follow) yield [];
          yield* intact.read(options);
        },
      }),
  ),
  broken(
    'follows every type',
    ['a read that follows begins behind a position, and gives only the types asked for'],
    (intact) => followingWith(intact, { types: undefined }),
  ),
  broken(
    'follows from the beginning always',
    ['a read that follows begins behind a position, and gives only the types asked for'],
    (intact) => followingWith(intact, { after: undefined }),
  ),
  broken('does not hear the signal', ['a read that follows ends when its signal fires'], (intact) =>
    altered(intact, {
      async *read(options) {
        yield* intact.read(options);
        if (options.follow) await new Promise<never>(() => undefined);
      },
    }),
  ),
  broken('follows although there is an end', ['a read that follows is refused together with an end'], (intact) =>
    followingWith(intact, { until: undefined, untilMs: undefined, ids: undefined }),
  ),
];

function followingWith(intact: Channel, option: Partial<ReadOptions>): Channel {
  return altered(intact, { read: (options) => intact.read(options.follow ? { ...options, ...option } : options) });
}

function keyedWith(intact: Channel, option: Partial<ReadOptions>): Channel {
  return altered(intact, {
    read: (options) => intact.read(options.key === undefined ? options : { ...options, ...option }),
  });
}

function shiftedTimes(intact: Channel, from: number, until: number): Channel {
  return altered(intact, {
    read: ({ fromMs, untilMs, ...options }) =>
      intact.read({
        ...options,
        ...(fromMs !== undefined && { fromMs: fromMs + from }),
        ...(untilMs !== undefined && { untilMs: untilMs + until }),
      }),
  });
}

function before({ partition, id }: Position): Position {
  return { partition, id: String(Number(id) - 1) };
}

function ignoring(intact: Channel, option: Partial<ReadOptions>): Channel {
  return altered(intact, { read: (options) => intact.read({ ...options, ...option }) });
}
