import { useState } from 'preact/hooks';
import { count } from '../quantities.js';
import { visibleText, wholeStart } from '../visible-text.js';

/** More than this in one piece makes browsers slow. */
const AT_ONCE = 10_000;

/** Shows a text of any length, a piece at a time. */
export function LongText({ text, quoted = false }: { text: string; quoted?: boolean }) {
  const [shown, setShown] = useState(AT_ONCE);
  const isCut = text.length > shown;
  const mark = quoted ? '"' : '';
  return (
    <span class={quoted ? 'mono long-text tree-text' : 'mono long-text'}>
      {mark}
      {visibleText(isCut ? wholeStart(text, shown) : text, { lines: true })}
      {isCut ? (
        <button type="button" class="small" onClick={() => setShown(shown + AT_ONCE)}>
          … {count(text.length - shown)} more characters
        </button>
      ) : (
        mark
      )}
    </span>
  );
}
