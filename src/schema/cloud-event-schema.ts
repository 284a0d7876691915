import type { JsonSchema } from './json-schema.js';

/** The name under which documents keep {@link CLOUD_EVENT_SCHEMA}. */
export const CLOUD_EVENT = 'CloudEvent';

/**
 * The metadata of every event, by the attribute names of CloudEvents 1.0; on Kafka each name has the prefix `ce_`. What can
 * be told from the rest is left out on the wire, so only what is always there is required.
 */
export const CLOUD_EVENT_SCHEMA: JsonSchema = Object.freeze({
  title: 'CloudEvents 1.0 attributes',
  type: 'object',
  properties: {
    specversion: { type: 'string', const: '1.0', description: 'Where the transport has a place for it: Kafka.' },
    id: { type: 'string', minLength: 1, maxLength: 128, description: 'Unique in the stream.' },
    source: { type: 'string', description: 'The application that produced the event.' },
    type: { type: 'string', minLength: 1, description: 'Name and version.' },
    time: { type: 'string', format: 'date-time', description: "When it was produced, by the producer's clock." },
    datacontenttype: { type: 'string', description: 'How the fields are encoded; application/json when absent.' },
    partitionkey: { type: 'string', description: 'Events of one key keep their order; the id when absent.' },
    correlationid: { type: 'string', description: 'The first event of the chain; the id when absent.' },
    causationid: { type: 'string', description: 'The event whose handler produced this one.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
    tracestate: { type: 'string', description: 'W3C trace context.' },
  },
  required: ['id', 'type', 'time'],
});
