import { NONE } from '../quantities.js';
import { oneLine } from '../visible-text.js';

/** Shows a name, id or key on one line: cut when it is long, and without anything that fools the eye. */
export function Text({ value, most, mono = false }: { value: string | undefined; most?: number; mono?: boolean }) {
  if (!value) return <span class="faint">{NONE}</span>;
  const shown = oneLine(value, most);
  return (
    <span class={mono ? 'mono' : undefined} title={shown === value ? undefined : oneLine(value, 2_000)}>
      {shown}
    </span>
  );
}
