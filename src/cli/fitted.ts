/** Scripts and symbols that terminals show two columns wide. */
const WIDE =
  /^(\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/u;
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns how many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of CHARACTERS.segment(text)) width += columnsOf(segment);
  return width;
}

/** Cuts a text to so many columns; one that was cut ends with `…`. */
export function fitted(text: string, columns: number): string {
  // No character takes less than a column, so a text that is short enough needs no look.
  if (text.length <= columns / 2) return text;
  let width = 0;
  let end = 0;
  for (const { segment, index } of CHARACTERS.segment(text)) {
    width += columnsOf(segment);
    if (width > columns) return `${text.slice(0, end)}…`;
    // Room for the mark of the cut.
    if (width <= columns - 1) end = index + segment.length;
  }
  return text;
}

function columnsOf(character: string): number {
  return WIDE.test(character) ? 2 : 1;
}
