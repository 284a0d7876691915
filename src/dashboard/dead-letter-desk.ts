import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DeadLetter, DeadLetterAdmin } from '../core/index.js';
import type { Action } from './action-check.js';
import type { DeadLetterDetail, DeadLetterPage, DeadLetterView } from './dashboard-api.js';
import { EventBrowser, limitOf } from './event-browser.js';
import { positionText } from './event-view.js';
import type { KnownStream } from './known-streams.js';
import { refusal } from './refusal.js';

const LARGEST_PAGE = 1_000;
const PAGE = 100;

/** Shows what a group has set aside, hands it out again and removes it. */
@Injectable()
export class DeadLetterDesk {
  readonly #logger = new Logger('EventBackbone');
  readonly #browser: EventBrowser;

  constructor(@Inject(EventBrowser) browser: EventBrowser) {
    this.#browser = browser;
  }

  /** @throws HttpException 404 for a group that does not exist. */
  async page(
    known: KnownStream,
    group: string,
    query: { readonly after: string | undefined; readonly limit: string | undefined },
  ): Promise<DeadLetterPage> {
    const limit = limitOf(query.limit, LARGEST_PAGE, PAGE);
    const state = await known.of.connection.channel.admin.state(known.stream, group);
    if (!state) throw refusal(404, 'NOT_FOUND', 'the stream has no such group');
    // One more tells whether there are more.
    const found = await lettersOf(known).list(known.stream, group, { after: query.after, limit: limit + 1 });
    const letters = found.slice(0, limit);
    const next = found.length > limit ? letters.at(-1)?.id : undefined;
    return { letters: letters.map(letterView), total: state.deadLetters, ...(next !== undefined && { next }) };
  }

  /** @throws HttpException 404 for a dead letter that is not there, or not any more. */
  async show(known: KnownStream, group: string, id: string, personal: boolean): Promise<DeadLetterDetail> {
    const shown = await lettersOf(known).show(known.stream, group, id);
    if (!shown) throw refusal(404, 'NOT_FOUND', 'there is no such dead letter, or none any more');
    const { letter, event } = shown;
    return {
      ...letterView(letter),
      ...(letter.stack !== undefined && { stack: letter.stack }),
      ...(event && { event: this.#browser.show(known, event, personal) }),
    };
  }

  /** Does it, and logs who did what to how many; returns how many were found. */
  async act(
    action: Action,
    known: KnownStream,
    group: string,
    { ids, who = 'somebody' }: { readonly ids: readonly string[]; readonly who: string | undefined },
  ): Promise<number> {
    const letters = lettersOf(known);
    const done = await (action === 'redrive'
      ? letters.redrive(known.stream, group, ids)
      : letters.remove(known.stream, group, ids));
    const of = `${ids.length} dead letter${ids.length === 1 ? '' : 's'} of ${known.id}, group ${printable(group)}`;
    this.#logger.log(`dashboard: ${action} of ${of} by ${printable(who)}: ${done} found`);
    return done;
  }
}

function lettersOf({ of }: KnownStream): DeadLetterAdmin {
  return of.connection.channel.admin.deadLetters;
}

function letterView(letter: DeadLetter): DeadLetterView {
  const { id, position, eventId, type, key, kind, code, error, attempts, time } = letter;
  return {
    ...{ id, position: positionText(position), kind, code, error, attempts, time },
    ...(eventId !== undefined && { eventId }),
    ...(type !== undefined && { type }),
    ...(key !== undefined && { key }),
  };
}

/** No name may begin a line of its own in the log. */
function printable(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, 200);
}
