import { nextColourScheme } from './colour-scheme.js';
import type { DashboardState } from './dashboard-state.js';
import { parentOf, VIEWS } from './route.js';

/** What the keys do, for the page that explains them. */
export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'search'],
  ['j k ↓ ↑', 'next and previous row'],
  ['Enter', 'open the row'],
  ['x', 'select the row, where rows can be selected'],
  ['Esc', 'back, or close'],
  ['1 2 3 4', 'streams, events, dead letters, projections'],
  ['t', 'colours: of the system, light, dark'],
  ['?', 'these keys'],
];

/** Marks what `j` and `k` move between, and what `/` goes to. */
export const ROW = { 'data-row': '' } as const;
export const SEARCH = { 'data-search': '' } as const;

/** Listens to the keys of the whole page. */
export function listenToKeys(state: DashboardState, showHelp: () => void): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // An open dialog has the keyboard for itself; the browser closes it with Esc.
    if (document.querySelector('dialog[open]')) return;
    const target = event.target instanceof HTMLElement ? event.target : undefined;
    const isTyping = target?.matches('input:not([type=checkbox]), select, textarea') === true;
    if (event.key === 'Escape' && isTyping) target.blur();
    else if (isTyping) return;
    else if (!pressed(event.key, state, showHelp)) return;
    event.preventDefault();
  });
}

function pressed(key: string, state: DashboardState, showHelp: () => void): boolean {
  switch (key) {
    case '/':
      return focusOn(document.querySelector<HTMLElement>('[data-search]'));
    case 'j':
    case 'ArrowDown':
      return focusRow(1);
    case 'k':
    case 'ArrowUp':
      return focusRow(-1);
    case 'x':
      return selectRow();
    case 't':
      nextColourScheme();
      return true;
    case '?':
      showHelp();
      return true;
    case 'Escape':
      state.go(parentOf(state.route.value));
      return true;
    default: {
      const view = /^[1-4]$/.test(key) ? VIEWS[Number(key) - 1] : undefined;
      if (view) state.go({ view, query: {} });
      return view !== undefined;
    }
  }
}

function focusRow(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const current = document.activeElement?.closest('tr')?.querySelector<HTMLElement>('[data-row]');
  const at = current ? rows.indexOf(current) : -1;
  if (at >= 0) return focusOn(rows[at + step]);
  // Not from the top of a long list, but from what is seen of it.
  return focusOn(rows.find((row) => row.getBoundingClientRect().top >= 0) ?? rows[0]);
}

function focusOn(element: HTMLElement | null | undefined): boolean {
  if (!element) return false;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: 'nearest' });
  return true;
}

function selectRow(): boolean {
  const box = document.activeElement?.closest('tr')?.querySelector<HTMLInputElement>('input[type=checkbox]');
  box?.click();
  return box !== null && box !== undefined;
}
