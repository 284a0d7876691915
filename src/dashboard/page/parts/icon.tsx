const PATHS = {
  lock: 'M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z',
  erased: 'M3 3l10 10M13 3L3 13',
  close: 'M4 4l8 8M12 4l-8 8',
  keys: 'M1.5 4h13v8h-13zM4 6.7h.01M6.7 6.7h.01M9.3 6.7h.01M12 6.7h.01M5 9.6h6',
  colours: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
} as const;

/** A small drawing beside words; it says nothing by itself. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill={name === 'colours' ? 'currentColor' : 'none'}
        stroke="currentColor"
        stroke-width="1.5"
      />
    </svg>
  );
}
