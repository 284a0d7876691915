import type { JsonSchema } from './json-schema.js';

/** What an AsyncAPI document says about itself; the specification's `Info` object. */
export interface AsyncApiInfo {
  readonly title: string;
  /** The version of the application's events, not of AsyncAPI. */
  readonly version: string;
  readonly description?: string;
}

/** An AsyncAPI 3.0 document as `asyncApiOf` makes it: plain JSON. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: AsyncApiInfo;
  readonly defaultContentType: string;
  /** The streams, by name. */
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** A stream in an AsyncAPI document. */
export interface AsyncApiChannel {
  readonly address: string;
  /** The events, by type: `orderPlaced.v1`. */
  readonly messages: Readonly<Record<string, AsyncApiMessage>>;
}

/** An event in an AsyncAPI document. */
export interface AsyncApiMessage {
  readonly name: string;
  readonly title: string;
  readonly contentType: string;
  readonly headers: JsonSchema;
  readonly payload: JsonSchema;
  /** What `schemaFingerprint` gives for the event. */
  readonly 'x-fingerprint': string;
  /** The older types that are read as this event. */
  readonly 'x-upcasts'?: readonly string[];
}

/** What is done with events of a stream: produced, or consumed by a group. */
export interface AsyncApiOperation {
  readonly action: 'send' | 'receive';
  readonly title: string;
  readonly channel: AsyncApiReference;
  readonly messages: readonly AsyncApiReference[];
  /** The group that consumes. */
  readonly 'x-group'?: string;
}

/** Points to another part of the document. */
export interface AsyncApiReference {
  readonly $ref: string;
}
