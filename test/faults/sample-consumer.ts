import { onTestFinished } from 'vitest';
import {
  Consumer,
  describeContract,
  type Channel,
  type ConsumeContext,
  type ConsumerSettings,
  type EventDefinition,
  type Stream,
} from 'nest-event-backbone/core';
import { Samples } from '../redis/sample-taken.js';

/** Starts the library's own consumer with one handler for the sample events; stopped after the test. */
export function startConsumer(
  channel: Channel,
  stream: Stream,
  handle: (context: ConsumeContext) => unknown,
  settings: ConsumerSettings & { readonly group?: string } = {},
): Consumer {
  const { group = 'group', ...more } = settings;
  const event = sampleEvent();
  const handlers = [{ event, invoke: (_args: unknown[], context: ConsumeContext) => handle(context) }];
  const consumer = new Consumer({ channel, stream, group, knownTypes: [event.type], handlers, ...more });
  onTestFinished(() => consumer.stop(2_000));
  consumer.start();
  return consumer;
}

/** The event that `sampleMessage` makes. */
export function sampleEvent(): EventDefinition {
  const event = describeContract(Samples).byMethod.get('sampleTaken');
  if (!event) throw new Error('the contract has no event');
  return event;
}
