import { Injectable } from '@nestjs/common';
import type { ActionRequest } from './dashboard-api.js';
import type { DashboardRequest } from './dashboard.options.js';
import { refusal } from './refusal.js';

/** What can be done to dead letters. */
export type Action = 'redrive' | 'remove';

/** A body parser of an application takes 100 kB. */
const MOST_IDS = 1_000;
const LONGEST_ID = 200;

/**
 * Lets an action through only if the page of this very dashboard has sent it: no page of another origin, no form and no link
 * can make a browser send what is asked for here.
 */
@Injectable()
export class ActionCheck {
  /**
   * Returns which dead letters an action is meant for.
   *
   * @throws HttpException 403 where actions are off or the request comes from elsewhere, 415, 400
   */
  idsOf(action: Action, request: DashboardRequest, body: unknown, allowed: boolean): readonly string[] {
    if (!allowed)
      throw refusal(403, 'READ_ONLY', 'the dashboard may change nothing here; `actions` and `access` say who may');
    if (!isSameOrigin(request)) throw refusal(403, 'OTHER_ORIGIN', 'the request comes from another origin');
    if (header(request, 'x-event-backbone-action') !== action) {
      throw refusal(403, 'NOT_MEANT', `the header x-event-backbone-action must be "${action}"`);
    }
    if (!/^application\/json\s*(;|$)/i.test(header(request, 'content-type') ?? '')) {
      throw refusal(415, 'NOT_JSON', 'the body must be application/json');
    }
    const { ids, confirmed } = (typeof body === 'object' && body !== null ? body : {}) as Partial<ActionRequest>;
    if (!isIds(ids)) throw refusal(400, 'BAD_REQUEST', `\`ids\` must name 1 to ${MOST_IDS} dead letters, each once`);
    if (confirmed !== ids.length) {
      throw refusal(400, 'NOT_CONFIRMED', '`confirmed` is not how many dead letters there are; ask the person again');
    }
    return ids;
  }
}

/** Browsers say where a request comes from, and no page can say something else; programs need not. */
function isSameOrigin(request: DashboardRequest): boolean {
  const site = header(request, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = header(request, 'origin');
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === header(request, 'host');
}

function isIds(ids: unknown): ids is readonly string[] {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MOST_IDS || new Set(ids).size < ids.length) return false;
  return ids.every((id) => typeof id === 'string' && id !== '' && id.length <= LONGEST_ID);
}

function header({ headers }: DashboardRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
