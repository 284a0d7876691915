import type { ClassValidator } from '../middleware/validate.js';

/** Loads class-validator if the application has it. */
export async function loadClassValidator(
  load: () => Promise<ClassValidator> = () => import('class-validator'),
): Promise<ClassValidator | undefined> {
  try {
    return await load();
  } catch (error) {
    // Only its own absence is fine; a copy that is there and broken must not turn validation off in silence.
    const code = (error as { code?: unknown } | undefined)?.code;
    if (code === 'ERR_MODULE_NOT_FOUND' && /'class-validator'/.test(String(error))) return undefined;
    throw error;
  }
}
