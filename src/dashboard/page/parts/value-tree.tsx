import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { JsonValue } from '../../dashboard-api.js';
import { markerOf, membersOf, preview, type Marker, type Members } from '../json-shape.js';
import { count } from '../quantities.js';
import { oneLine } from '../visible-text.js';
import { Icon } from './icon.js';
import { LongText } from './long-text.js';

const MEMBERS_AT_ONCE = 100;
const OPEN_LEVELS = 2;

/** Shows a value as a tree whose branches open. Only what is open exists, however deep or wide the value is. */
export function ValueTree(props: { name: string; value: JsonValue; isPersonal?: boolean; level?: number }) {
  const { name, value, isPersonal = false, level = 0 } = props;
  const label = (
    <>
      <span class="tree-name">{oneLine(name)}</span>
      {isPersonal && <PersonalMark />}
    </>
  );
  const marker = markerOf(value);
  const members = marker ? undefined : membersOf(value);
  if (!members || members.length === 0) {
    return (
      <div class="tree-leaf">
        {label} {marker ? <MarkerChip marker={marker} /> : <Leaf value={value} />}
      </div>
    );
  }
  return <Branch label={label} value={value} members={members} level={level} />;
}

function Branch(props: { label: ComponentChildren; value: JsonValue; members: Members; level: number }) {
  const { label, value, members, level } = props;
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS && members.length <= MEMBERS_AT_ONCE);
  const [shown, setShown] = useState(MEMBERS_AT_ONCE);
  const rest = members.length - shown;
  return (
    <div class="tree-branch">
      <button type="button" class="tree-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {label} <span class="faint mono">{isOpen ? sizeOf(value, members) : preview(value)}</span>
      </button>
      {isOpen && (
        <div class={level < 24 ? 'tree-members' : 'tree-members tree-deep'}>
          {members.slice(0, shown).map(([name, member]) => (
            <ValueTree
              key={name}
              name={name}
              // What was left out of a record stands among its members.
              value={name === '$truncated' ? { [name]: member } : member}
              level={level + 1}
            />
          ))}
          {rest > 0 && (
            <button type="button" class="small" onClick={() => setShown(shown + MEMBERS_AT_ONCE)}>
              {count(Math.min(rest, MEMBERS_AT_ONCE))} more of {count(rest)}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: JsonValue }) {
  if (typeof value === 'string') return <LongText text={value} quoted />;
  const text = Array.isArray(value) ? '[]' : typeof value === 'object' && value !== null ? '{}' : String(value);
  return <span class="mono tree-other">{text}</span>;
}

/** Says that an argument is personal data. */
export function PersonalMark() {
  return (
    <span class="chip chip-lock">
      <Icon name="lock" /> personal
    </span>
  );
}

/** Says that an argument was erased. */
export function ErasedMark() {
  return (
    <span class="chip">
      <Icon name="erased" /> erased
    </span>
  );
}

function MarkerChip({ marker }: { marker: Marker }) {
  switch (marker.kind) {
    case 'personal':
      return <span class="chip chip-lock">hidden</span>;
    case 'erased':
      return <ErasedMark />;
    case 'deep':
      return <span class="chip">too deep to be shown</span>;
    case 'truncated':
      // A list that was cut ends with this.
      if (marker.start === '') return <span class="chip">{count(marker.length)} in all; the rest is left out</span>;
      return (
        <>
          <LongText text={marker.start} quoted />
          <span class="chip">the start of {count(marker.length)} characters</span>
        </>
      );
    case 'unreadable':
      return <span class="chip chip-bad">unreadable: {oneLine(marker.text)}</span>;
    default:
      return (
        <>
          <LongText text={marker.text} /> <span class="chip">{marker.kind}</span>
        </>
      );
  }
}

function sizeOf(value: JsonValue, { length }: Members): string {
  return Array.isArray(value) ? `[${count(length)}]` : `{${count(length)}}`;
}
