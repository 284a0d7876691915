import { SingleBar } from 'cli-progress';
import type { TextStream } from './terminal.js';

/** Shows how far something is that takes long. */
export interface Progress {
  /** So much more is done. */
  readonly add: (count: number) => void;
  readonly end: () => void;
}

/** A bar on a terminal, or a count where nobody knows the end; nothing where nobody could see it move. */
export function progressOn(stream: TextStream, what: string, total?: number): Progress {
  if (stream.isTTY !== true) return { add: () => undefined, end: () => undefined };
  const bar = new SingleBar({
    stream,
    format: total === undefined ? `{value} ${what}` : `{bar} {value}/{total} ${what}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    emptyOnZero: true,
    // The command line itself ends in good order.
    gracefulExit: false,
  });
  bar.start(total ?? 0, 0);
  let count = 0;
  return {
    add: (more) => bar.update((count += more)),
    end: () => bar.stop(),
  };
}
