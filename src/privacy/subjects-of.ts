import { BackboneError, type EventMetadata, type Message } from '../core/index.js';
import type { Pseudonyms } from './pseudonyms.js';

/** How the people of an event become pseudonyms. */
export interface SubjectOptions {
  readonly pseudonyms: Pseudonyms;
  /** The tenant that an event belongs to. */
  readonly tenant?: (metadata: EventMetadata) => string;
}

const NOBODY: ReadonlyMap<string, string> = new Map();

/**
 * The pseudonyms of the people whose data a message holds, by field.
 *
 * @throws BackboneError `EB_ARGUMENT` when the application's `tenant` fails.
 */
export function subjectsOf(message: Message, { pseudonyms, tenant }: SubjectOptions): ReadonlyMap<string, string> {
  if (!message.dataSubjects) return NOBODY;
  const of = tenant ? tenantOf(tenant, message) : '';
  return new Map(
    Object.entries(message.dataSubjects).map(([field, subject]) => [field, pseudonyms.ofSubject(of, subject)]),
  );
}

/**
 * Refuses what names nobody.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkedSubject(subject: unknown): string {
  if (typeof subject === 'string' && subject !== '') return subject;
  throw refused('a data subject is a text that is not empty, as the `of` of @Personal gives it', 'subject');
}

/**
 * Refuses what is no tenant.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkedTenant(tenant: unknown): string {
  if (typeof tenant === 'string') return tenant;
  throw refused('a tenant is a text', 'tenant');
}

function tenantOf(tenant: (metadata: EventMetadata) => string, message: Message): string {
  let given: unknown;
  try {
    given = tenant(message);
  } catch {
    // What it throws may quote anything.
    throw refused(`the \`privacy.tenant\` of the application failed for ${message.type}; nothing was stored`, 'tenant');
  }
  return checkedTenant(given);
}

function refused(message: string, path: string): BackboneError {
  return new BackboneError('EB_ARGUMENT', message, { details: { path, constraint: path } });
}
