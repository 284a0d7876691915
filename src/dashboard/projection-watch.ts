import { Inject, Injectable } from '@nestjs/common';
import { describeError, isBackboneError } from '../core/index.js';
import type { Projections } from '../nest/projections.js';
import type { ProjectionState } from '../projections/index.js';
import type { ProjectionView } from './dashboard-api.js';
import { KnownStreams, type KnownStream, type ShownConnection } from './known-streams.js';
import { StreamWatch } from './stream-watch.js';

const FRESH_MS = 4_000;

/** Tells how the projections of the application stand; whoever asks shares what was found within the last seconds. */
@Injectable()
export class ProjectionWatch {
  readonly #streams: KnownStreams;
  readonly #watch: StreamWatch;
  #asked: { readonly at: number; readonly views: Promise<readonly ProjectionView[]> } | undefined;

  constructor(@Inject(KnownStreams) streams: KnownStreams, @Inject(StreamWatch) watch: StreamWatch) {
    this.#streams = streams;
    this.#watch = watch;
  }

  /** Never rejects: a projection whose model is away says so itself. */
  views(): Promise<readonly ProjectionView[]> {
    const now = Date.now();
    if (!this.#asked || now - this.#asked.at >= FRESH_MS) this.#asked = { at: now, views: this.#ask() };
    return this.#asked.views;
  }

  async #ask(): Promise<readonly ProjectionView[]> {
    const asked = this.#streams.connections.flatMap((shown) => {
      const { projections } = shown;
      return projections ? projections.names.map((name) => this.#view(shown, projections, name)) : [];
    });
    return Promise.all(asked);
  }

  async #view(shown: ShownConnection, projections: Projections, name: string): Promise<ProjectionView> {
    try {
      return this.#viewOf(shown, await projections.state(name));
    } catch (error) {
      const why = isBackboneError(error) ? describeError(error) : 'its read model or its channel does not answer';
      return { name, stream: '', status: 'waiting', handled: 0, lag: null, lagMs: null, progress: null, error: why };
    }
  }

  #viewOf(shown: ShownConnection, state: ProjectionState): ProjectionView {
    const known = this.#streams.all.find(({ of, stream }) => of === shown && stream.contract === state.stream.contract);
    const { lag, error } = state;
    return {
      ...{ name: state.name, stream: known?.id ?? '', status: state.status, handled: state.projected },
      lag: lag.events,
      lagMs: lag.events === 0 ? 0 : Math.round(lag.seconds * 1_000),
      progress: this.#progressOf(known, state),
      // What a handler threw may quote an argument.
      ...(error !== undefined && {
        error: isBackboneError(error) ? describeError(error) : 'it failed; the log tells why',
      }),
    };
  }

  /** Of the events that the stream holds; those that no handler is for are counted, too, so it is about. */
  #progressOf(known: KnownStream | undefined, { status, complete, lag, projected }: ProjectionState): number | null {
    if (status !== 'building' || complete || !known) return null;
    const { events } = this.#watch.recordOf(known).summary;
    if (events === null || events === 0) return null;
    return Math.min(1, Math.max(0, lag.more ? projected / events : 1 - lag.events / events));
  }
}
