import 'reflect-metadata';
import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/internal';
import type { ExternalContextCreator } from '@nestjs/core';
import type { EventDefinition } from '../core/index.js';
import type { FoundHandler } from './found-handler.js';

/** Where pipes find a handler's parameters. */
export interface HandlerParameters {
  readonly metadataKey: string;
  readonly factory: NonNullable<Parameters<ExternalContextCreator['create']>[4]>;
}

interface ParameterMetadata {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
}

// The type `body` of Nest's parameters: the one whose values a ValidationPipe checks and transforms.
const BODY = 3;

/**
 * Tells Nest about a handler's parameters: pipes run on those it knows of only, and an event's arguments need no
 * decorator. The context that follows them is left out, so that no pipe can touch it.
 */
export function handlerParameters({ cls, method, event }: FoundHandler): HandlerParameters {
  const metadataKey = `nest-event-backbone:parameters:${event.contract.name}/${event.type}`;
  const own = Reflect.getMetadata(ROUTE_ARGS_METADATA, cls, method) as Record<string, ParameterMetadata> | undefined;
  const parameters = new Map<number, readonly [string, ParameterMetadata]>();
  event.arguments.forEach(({ field }, index) => {
    parameters.set(index, [`${BODY}:${index}`, { index, data: field, pipes: [] }]);
  });
  for (const [key, decorated] of Object.entries(own ?? {})) {
    const known = parameters.get(decorated.index);
    if (!known) continue;
    const custom = key.includes(CUSTOM_ROUTE_ARGS_METADATA);
    parameters.set(
      decorated.index,
      custom ? [key, decorated] : [known[0], { ...known[1], pipes: decorated.pipes ?? [] }],
    );
  }
  const metadata = Object.fromEntries(parameters.values());
  // A mixin may have left its own class as the constructor; Nest looks there first.
  for (const host of new Set([cls, (cls.prototype as { constructor: object }).constructor])) {
    Reflect.defineMetadata(metadataKey, metadata, host, method);
  }
  return {
    metadataKey,
    factory: { exchangeKeyForValue: (_type, data, args) => argument(event, data, args as unknown[]) },
  };
}

function argument(event: EventDefinition, field: unknown, args: readonly unknown[]): unknown {
  return args[event.arguments.findIndex((one) => one.field === field)];
}
