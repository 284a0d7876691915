import type { Channel, Stream } from '../core/index.js';

/** The names of the attributes: OpenTelemetry's conventions for messaging and CloudEvents, and the library's own. */
export const ATTRIBUTES = Object.freeze({
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  group: 'messaging.consumer.group.name',
  messageId: 'messaging.message.id',
  conversation: 'messaging.message.conversation_id',
  batchSize: 'messaging.batch.message_count',
  eventType: 'cloudevents.event_type',
  errorType: 'error.type',
  key: 'event_backbone.key',
  replay: 'event_backbone.replay',
  outcome: 'event_backbone.outcome',
  attempt: 'event_backbone.attempt',
  delay: 'event_backbone.delay',
  kind: 'event_backbone.kind',
});

/** What `messaging.system` says of what carries the events. */
export function systemOf({ technology }: Pick<Channel, 'technology'> = {}): string {
  // The one that the conventions call otherwise.
  return technology === 'postgres' ? 'postgresql' : (technology ?? 'nest-event-backbone');
}

/** Under which name tracers and meters are made. */
export const SCOPE = 'nest-event-backbone';

/** Names a stream as the log does. */
export function destinationOf({ environment, contract }: Stream): string {
  return `${environment}:${contract}`;
}
