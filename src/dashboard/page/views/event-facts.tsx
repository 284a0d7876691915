import type { ComponentChildren } from 'preact';
import type { EventView } from '../../dashboard-api.js';
import { LongText } from '../parts/long-text.js';
import { Moment } from '../parts/moment.js';
import { Text } from '../parts/text.js';
import { ErasedMark, PersonalMark, ValueTree } from '../parts/value-tree.js';
import { hashOf } from '../route.js';
import { oneLine } from '../visible-text.js';

/** All that there is to say about one event: its arguments, then what travelled with them. */
export function EventFacts({ stream, event }: { stream: string; event: EventView }) {
  if (event.malformed !== undefined) {
    return (
      <>
        <p class="bad">
          <LongText text={event.malformed} />
        </p>
        <dl class="facts">
          <Fact title="Position">
            <Text value={event.position} mono />
          </Fact>
        </dl>
      </>
    );
  }
  return (
    <>
      <h3>Arguments</h3>
      <Arguments event={event} />
      <h3>Metadata</h3>
      <Metadata stream={stream} event={event} />
    </>
  );
}

function Arguments({ event }: { event: EventView }) {
  const names = Object.keys(event.arguments);
  const gone = event.erased.filter((name) => !names.includes(name));
  if (names.length + gone.length === 0) return <p class="faint">It has none.</p>;
  return (
    <div class="tree">
      {Object.entries(event.arguments).map(([name, value]) => (
        <ValueTree key={name} name={name} value={value} isPersonal={event.personal.includes(name)} />
      ))}
      {gone.map((name) => (
        <div class="tree-leaf" key={name}>
          <span class="tree-name">{oneLine(name)}</span>
          {event.personal.includes(name) && <PersonalMark />} <ErasedMark />
        </div>
      ))}
    </div>
  );
}

function Metadata({ stream, event }: { stream: string; event: EventView }) {
  const same = (query: Readonly<Record<string, string>>, text: string) => (
    <a class="mono" href={hashOf({ view: 'events', stream, query })}>
      <Text value={text} />
    </a>
  );
  return (
    <dl class="facts">
      <Fact title="Id">
        <Text value={event.id} mono />
      </Fact>
      <Fact title="Key">{same({ key: event.key }, event.key)}</Fact>
      <Fact title="Produced">
        <Moment at={event.time} />
      </Fact>
      <Fact title="Stored">
        <Moment at={event.appendedAt} />
      </Fact>
      <Fact title="Position">
        <Text value={event.position} mono />
      </Fact>
      <Fact title="Source">
        <Text value={event.source} />
      </Fact>
      <Fact title="Correlation">
        <Text value={event.correlationId} mono />
      </Fact>
      {event.causationId !== undefined && (
        <Fact title="Cause">{same({ id: event.causationId }, event.causationId)}</Fact>
      )}
      {event.traceparent !== undefined && (
        <Fact title="Trace">
          <Text value={event.traceparent} mono />
        </Fact>
      )}
      {Object.entries(event.headers).map(([name, value]) => (
        <Fact key={name} title={oneLine(name, 60)}>
          <LongText text={value} />
        </Fact>
      ))}
    </dl>
  );
}

/** A title and what belongs to it, in a list of such. */
export function Fact({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  );
}
