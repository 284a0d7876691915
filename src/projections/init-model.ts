import { randomUUID } from 'node:crypto';
import { BackboneError, isBackboneError, pause, type ReadModelSide, type SavedCheckpoint } from '../core/index.js';
import { covers } from './anchor.js';
import { ProgressCounter, type InitProgress } from './init-progress.js';
import { ProjectionRun } from './projection-run.js';
import { streamOfProjection, type CheckedSettings, type ProjectionRunnerOptions } from './projection-options.js';
import { handledTypes } from './projection.js';

/** How to make a model anew. */
export interface InitOptions {
  /** Build it beside the live one, and put it in its place when it is up to date. */
  readonly swap?: boolean;
  /** Begin at the beginning even if an earlier call was broken off. */
  readonly fresh?: boolean;
  /** Called after each transaction. */
  readonly onProgress?: (progress: InitProgress) => void;
  /** Breaks it off between two transactions; another call goes on. */
  readonly signal?: AbortSignal;
}

/** What the making of a model came to. */
export interface InitReport {
  /** The events that this call has taken in. */
  readonly events: number;
  /** It went on with what an earlier call had begun. */
  readonly resumed: boolean;
}

/** Makes a model anew, where it is or beside it. */
export async function initModel<Transaction>(
  options: ProjectionRunnerOptions<Transaction>,
  settings: CheckedSettings,
  init: InitOptions & { readonly stopFollowing: () => Promise<void> },
): Promise<InitReport> {
  const { projection, channel, model } = options;
  const { swap = false, fresh = false, onProgress, signal = new AbortController().signal, stopFollowing } = init;
  if (!projection.create) throw cannotInit(projection.name);
  const progress = new ProgressCounter(onProgress ?? (() => undefined));
  const counting = new AbortController();
  let resumed = false;
  let isFirst = true;

  const anew = (saved: SavedCheckpoint): boolean => {
    // A shadow that is complete only waits for its swap; a live model that is complete is what is to be made anew.
    resumed = !fresh && saved.version === projection.version && (swap || !saved.complete);
    return !resumed;
  };
  const catchUp = async (side: ReadModelSide<Transaction>): Promise<SavedCheckpoint> => {
    const task = { side, signal, once: true, onProjected: (events: number) => progress.add(events) };
    const run = new ProjectionRun(options, settings, isFirst ? { ...task, anew } : task);
    await run.run();
    isFirst = false;
    if (signal.aborted)
      throw new BackboneError('EB_STOPPING', `init of ${projection.name} was broken off; call it again`);
    return run.saved;
  };

  if (onProgress) {
    const side = swap ? model.shadow : model;
    const saved = await side.load(projection.name).catch(() => undefined);
    const after = saved && !anew(saved) ? saved.checkpoint : [];
    const types = handledTypes(projection);
    void progress.count(channel, { stream: streamOfProjection(options), types, after }, counting.signal);
  }
  try {
    if (!swap) {
      await stopFollowing();
      await catchUp(model);
      return { events: progress.done, resumed };
    }
    let built = await catchUp(model.shadow);
    await stopFollowing();
    // From here on nobody changes the old model. The new one must not be behind what its readers have seen.
    const old = await again(model, signal, () => model.takeFence(projection.name, randomUUID()));
    do built = await catchUp(model.shadow);
    while (!covers(built.checkpoint, old.checkpoint));
    await swapIn(options, built.fence, signal);
    return { events: progress.done, resumed };
  } finally {
    counting.abort();
  }
}

/** Repeats a swap whose outcome is unknown until it is known. */
async function swapIn<Transaction>(
  { model, projection: { name } }: ProjectionRunnerOptions<Transaction>,
  fence: number,
  signal: AbortSignal,
): Promise<void> {
  await again(model, signal, async (isRepeated) => {
    try {
      await model.shadow.replaceLive(name, fence);
    } catch (error) {
      // The shadow is gone as soon as it is the live model.
      const isDone = isRepeated && isBackboneError(error, 'EB_LEASE_LOST') && !(await model.shadow.load(name));
      if (!isDone) throw error;
    }
  });
}

/** Does something until the database lets it succeed. */
async function again<T>(
  side: Pick<ReadModelSide, 'isTransient'>,
  signal: AbortSignal,
  work: (isRepeated: boolean) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work(tries > 0);
    } catch (error) {
      if (!side.isTransient(error) || signal.aborted) throw error;
      await pause(Math.min(50 * 2 ** tries, 2_000) * (0.5 + Math.random() / 2), signal);
    }
  }
}

function cannotInit(name: string): BackboneError {
  const message = `the projection ${name} has no \`create\`, so its model cannot be dropped and made anew; give it one`;
  return new BackboneError('EB_OPTIONS', message, { details: { path: name } });
}
