import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { colourChanges } from '../colour-scheme.js';
import { count, moment, roughly } from '../quantities.js';

/** One line of a {@link Plot}. */
export interface PlotLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** In the page's colour, or drawn back. */
  readonly isMain: boolean;
}

/** The height of the drawing, without the line of values below it. */
const HEIGHT = 132;

/** Draws values over time; those under the pointer are written below. `label` says in words what there is to see. */
export function Plot({ label, at, lines }: { label: string; at: readonly number[]; lines: readonly PlotLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | undefined>(undefined);
  const data: uPlot.AlignedData = [at.map((ms) => ms / 1_000), ...lines.map(({ values }) => [...values])];
  const names = lines.map((line) => line.label).join();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const plot = new uPlot(optionsFor(element, lines), data, element);
    drawn.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      drawn.current = undefined;
    };
  }, [names, colourChanges.value]);
  useEffect(() => drawn.current?.setData(data));
  return <div class="plot" ref={box} role="img" aria-label={label} />;
}

function optionsFor(element: HTMLElement, lines: readonly PlotLine[]): uPlot.Options {
  const style = getComputedStyle(element);
  // A canvas knows no custom properties; these stand for them in the style sheet.
  const [main, back, grid, text] = [style.outlineColor, style.columnRuleColor, style.borderColor, style.color];
  const axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(most, 4) * 1.08] } },
    axes: [
      { ...axis, size: 22, space: 80, values: (_, splits) => splits.map((at) => moment(at * 1_000).slice(11, 19)) },
      { ...axis, size: 46, space: 28, values: (_, splits) => splits.map(roughly) },
    ],
    series: [
      { label: 'time', value: '{HH}:{mm}:{ss}' },
      ...lines.map(({ label, isMain }) => ({
        label,
        stroke: isMain ? main : back,
        width: isMain ? 2 : 1.25,
        ...(isMain ? {} : { dash: [4, 3] }),
        points: { show: false },
        value: (_: uPlot, value: number | null) => count(value),
      })),
    ],
  };
}
