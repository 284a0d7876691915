import { useDashboard } from '../dashboard-state.js';
import { Icon } from '../parts/icon.js';
import { LongText } from '../parts/long-text.js';
import { Moment } from '../parts/moment.js';
import { LoadNotice } from '../parts/notice.js';
import { Text } from '../parts/text.js';
import { count } from '../quantities.js';
import { hashOf } from '../route.js';
import { useLoad } from '../use-load.js';
import { oneLine } from '../visible-text.js';
import { EventFacts, Fact } from './event-facts.js';

/** One dead letter beside the list: why it stands there, and its event. */
export function DeadLetterPanel({ stream, group, id }: { stream: string; group: string; id: string }) {
  const { api } = useDashboard();
  const loaded = useLoad(`${stream} ${group} ${id}`, (signal) => api.deadLetter(stream, group, id, signal));
  const letter = loaded.value;
  return (
    <aside class="panel" aria-label="Dead letter">
      <header class="panel-head">
        <h2>{letter ? oneLine(letter.type ?? 'Dead letter', 60) : 'Dead letter'}</h2>
        <a class="button quiet" aria-label="Close" href={hashOf({ view: 'dead-letters', stream, item: group })}>
          <Icon name="close" />
        </a>
      </header>
      {!letter && <LoadNotice of={loaded} what="dead letters" />}
      {letter && (
        <>
          <p class="bad">
            <LongText text={letter.error} />
          </p>
          <dl class="facts">
            <Fact title="Kind">
              <span class="chip chip-bad">{oneLine(letter.kind, 30)}</span> <Text value={letter.code} mono />
            </Fact>
            <Fact title="Attempts">{count(letter.attempts)}</Fact>
            <Fact title="Set aside">
              <Moment at={letter.time} />
            </Fact>
            <Fact title="Position">
              <a class="mono" href={hashOf({ view: 'events', stream, item: letter.position })}>
                <Text value={letter.position} />
              </a>
            </Fact>
          </dl>
          {letter.stack !== undefined && (
            <details>
              <summary>Stack</summary>
              <pre tabIndex={0}>
                <LongText text={letter.stack} />
              </pre>
            </details>
          )}
          {letter.event ? (
            <EventFacts stream={stream} event={letter.event} />
          ) : (
            <p class="faint">Its event is gone, or cannot be read.</p>
          )}
        </>
      )}
    </aside>
  );
}
