import type { ChannelSupports } from '../../core/index.js';
import type { ConformanceCase, ConformanceContext } from './conformance-case.js';
import { Scene } from './scene.js';

/** Makes a case out of a promise and the scene that tries it. */
export function promise(
  name: string,
  play: (scene: Scene) => Promise<void>,
  ...requires: readonly (keyof ChannelSupports)[]
): ConformanceCase {
  return Object.freeze({ name, requires, run: (context: ConformanceContext) => Scene.play(context, play) });
}
