import type { ExternalContextCreator } from '@nestjs/core';
import { BackboneError } from '../core/index.js';

const PARTS = ['guardsContextCreator', 'interceptorsContextCreator', 'pipesContextCreator', 'filtersContextCreator'];

/**
 * Returns a context creator that runs what handlers and their classes are decorated with and leaves out the
 * application's global guards, interceptors, pipes and filters.
 *
 * Nest has no option for it. Each part takes the global ones from its `config` and has none without it.
 *
 * @throws BackboneError `EB_UNSUPPORTED` when this version of Nest is made differently.
 */
export function withoutGlobalEnhancers(creator: ExternalContextCreator): ExternalContextCreator {
  const changed = copyOf(creator);
  for (const name of PARTS) {
    const part: unknown = Reflect.get(creator, name);
    if (typeof part !== 'object' || part === null || !('config' in part)) {
      throw new BackboneError(
        'EB_UNSUPPORTED',
        'this version of @nestjs/core gives no way to keep global guards, interceptors, pipes and filters from running ' +
          'on event handlers; make them fit for events (isEventContext) and set `globalEnhancers: true`',
      );
    }
    Reflect.set(changed, name, Object.assign(copyOf(part), { config: undefined }));
  }
  return changed;
}

function copyOf<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object) as T, original);
}
