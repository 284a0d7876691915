import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const BESIDE = 12;

/**
 * Tells which rows of a long table are on the screen, with some above and below, from the place of the element that
 * `ref` is put on: `[first, last)`. All rows must have the same height.
 */
export function useRowWindow(rows: number, rowHeight: number) {
  const ref = useRef<HTMLTableSectionElement>(null);
  const [{ first, last }, setRange] = useState({ first: 0, last: 60 });
  useLayoutEffect(() => {
    const look = () => {
      const top = ref.current?.getBoundingClientRect().top ?? 0;
      const from = Math.max(0, Math.floor(-top / rowHeight) - BESIDE);
      const to = Math.ceil((innerHeight - top) / rowHeight) + BESIDE;
      setRange((before) => (before.first === from && before.last === to ? before : { first: from, last: to }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [rows, rowHeight]);
  const end = Math.min(rows, Math.max(0, last));
  return { ref, first: Math.min(first, end), last: end };
}
