/** A number with its title; `kind` gives it a colour. */
export interface Tile {
  readonly title: string;
  readonly value: string;
  readonly kind?: 'late' | 'bad' | undefined;
}

/** Shows a few numbers in a row, large. */
export function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <dl class="tiles">
      {tiles.map(({ title, value, kind }) => (
        <div class="tile" key={title}>
          <dt>{title}</dt>
          <dd class={kind}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
