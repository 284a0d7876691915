import 'reflect-metadata';
import type { InjectionToken } from '@nestjs/common';
import { BackboneError, type Channel, type ContractClass, type Producer } from '../core/index.js';
import type { EventReader } from '../history/index.js';
import { Privacy } from '../privacy/index.js';
import { Backbone } from './backbone.js';
import { BackboneHealth } from './backbone-health.js';
import { DeadLetters } from './dead-letters.js';
import { producerPlace, type ProducerPlace } from './producer-place.js';

/** Returns the token of a connection's {@link Backbone}; for the only connection, the class itself. */
export function getBackboneToken(connection?: string): InjectionToken<Backbone> {
  return connection === undefined ? Backbone : connectionToken('backbone', connection);
}

/** Returns the token of a connection's {@link BackboneHealth}; for the only connection, the class itself. */
export function getHealthToken(connection?: string): InjectionToken<BackboneHealth> {
  return connection === undefined ? BackboneHealth : connectionToken('health', connection);
}

/** Returns the token of a connection's {@link DeadLetters}; for the only connection, the class itself. */
export function getDeadLettersToken(connection?: string): InjectionToken<DeadLetters> {
  return connection === undefined ? DeadLetters : connectionToken('dead-letters', connection);
}

/** Returns the token of a connection's {@link Privacy}; for the only connection, the class itself. */
export function getPrivacyToken(connection?: string): InjectionToken<Privacy> {
  return connection === undefined ? Privacy : connectionToken('privacy', connection);
}

/** Returns the token of a connection's channel; tests override it. */
export function getChannelToken(connection?: string): InjectionToken<Channel> {
  return connectionToken('channel', connection);
}

/** Returns the token under which the producer of a contract is injected; tests override it. */
export function getProducerToken<C extends object>(
  contract: ContractClass<C>,
  place?: string | ProducerPlace,
): InjectionToken<Producer<C>> {
  const { connection, environment } = producerPlace(place);
  // No name holds a space.
  return contractToken(
    'Producer',
    contract,
    environment === undefined ? connection : `${connection ?? ''} in ${environment}`,
  );
}

/** Returns the token under which the reader of a contract is injected; tests override it. */
export function getReaderToken<C extends object>(
  contract: ContractClass<C>,
  connection?: string,
): InjectionToken<EventReader<C>> {
  return contractToken('Reader', contract, connection);
}

/** Returns the token of one part of a connection. */
export function connectionToken(part: string, connection: string | undefined): string {
  return `nest-event-backbone:${part}${connection === undefined ? '' : `:${connection}`}`;
}

const TOKENS = 'nest-event-backbone:tokens';

/** The token of something that each contract has one of. */
function contractToken(what: 'Producer' | 'Reader', contract: ContractClass, connection: string | undefined): symbol {
  if (typeof contract !== 'function') {
    const remedy = 'if its file is imported in a circle, move the contract to a file of its own';
    throw new BackboneError('EB_CONTRACT', `a ${what.toLowerCase()} was asked for without a contract; ${remedy}`);
  }
  // On the class, so that the symbol lives exactly as long as the contract does.
  let tokens = Reflect.getOwnMetadata(TOKENS, contract) as Map<string, symbol> | undefined;
  if (!tokens) Reflect.defineMetadata(TOKENS, (tokens = new Map()), contract);
  const name = `${what}<${contract.name}>${connection === undefined ? '' : ` (${connection})`}`;
  let token = tokens.get(name);
  if (!token) tokens.set(name, (token = Symbol(name)));
  return token;
}
