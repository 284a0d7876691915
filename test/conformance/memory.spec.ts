import { describe, expect, it } from 'vitest';
import { memoryChannel } from 'nest-event-backbone/memory';
import { channelConformance } from 'nest-event-backbone/testing';

describe('the memory channel keeps its promises:', () => {
  const channel = memoryChannel();
  const open = () => Promise.resolve(channel.open());
  // The events live as long as the process does.
  const restart = () => Promise.resolve();

  it.for(channelConformance.map((each) => [each.name, each] as const))(
    '%s',
    async ([, { requires, run }], { skip }) => {
      skip(!requires.every((each) => channel.supports[each]), `not supported: ${requires.join(' and ')}`);
      await expect(run({ channel, open, restart })).resolves.toBeUndefined();
    },
  );
});
