import { SingleBar } from 'cli-progress';
import type { InitProgress } from 'nest-event-backbone/projections';

/** Shows how far the making of a model is. */
export interface Progress {
  show(progress: InitProgress): void;
  end(): void;
}

/** A bar on a terminal; a line now and then where nobody could see it move. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new ProgressBar(stream) : new ProgressLines(stream);
}

class ProgressBar implements Progress {
  readonly #bar: SingleBar;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar({
      stream,
      format: '{bar} {value}/{total} events  {perSecond}/s',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      hideCursor: true,
      emptyOnZero: true,
      // The command itself ends in good order.
      gracefulExit: false,
    });
    this.#bar.start(0, 0, { perSecond: 0 });
  }

  show({ done, total = done, perSecond }: InitProgress): void {
    this.#bar.setTotal(total);
    this.#bar.update(done, { perSecond });
  }

  end(): void {
    this.#bar.stop();
  }
}

const LINE_EVERY_MS = 1_000;

class ProgressLines implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #shownAt = performance.now();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show({ done, total, perSecond }: InitProgress): void {
    if (performance.now() - this.#shownAt < LINE_EVERY_MS) return;
    this.#shownAt = performance.now();
    const of = total === undefined ? '' : ` of ${total}`;
    this.#stream.write(`users-projector: ${done}${of} events, ${perSecond}/s\n`);
  }

  end(): void {
    // The command says what it came to.
  }
}
