import { isBackboneError } from '../../core/index.js';

/** Plays a scene as far as the channel offers what it needs. */
export async function offered(play: () => Promise<void>): Promise<void> {
  try {
    await play();
  } catch (error) {
    if (!isBackboneError(error, 'EB_UNSUPPORTED')) throw error;
  }
}
