import { effect, signal } from '@preact/signals';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** Which colours are asked for: those of the system, or one kind always. */
export type ColourScheme = (typeof SCHEMES)[number];

const KEY = 'event-backbone-colours';

/** The colours that the viewer has chosen; kept in the browser. */
export const colourScheme = signal<ColourScheme>(kept());

/** Counts the changes of colours, by the viewer or the system: what draws on a canvas draws anew. */
export const colourChanges = signal(0);

/** Lets the document follow the choice. */
export function followColourScheme(): void {
  effect(() => {
    const scheme = colourScheme.value;
    if (scheme === 'auto') delete document.documentElement.dataset['scheme'];
    else document.documentElement.dataset['scheme'] = scheme;
    colourChanges.value = colourChanges.peek() + 1;
    keep(scheme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (colourChanges.value += 1));
}

/** Goes on to the next choice. */
export function nextColourScheme(): void {
  const next = SCHEMES[(SCHEMES.indexOf(colourScheme.value) + 1) % SCHEMES.length];
  colourScheme.value = next ?? 'auto';
}

function kept(): ColourScheme {
  try {
    const found = localStorage.getItem(KEY);
    return SCHEMES.find((scheme) => scheme === found) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function keep(scheme: ColourScheme): void {
  try {
    localStorage.setItem(KEY, scheme);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}
