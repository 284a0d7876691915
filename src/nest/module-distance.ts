import type { ModulesContainer } from '@nestjs/core';

const BEHIND_ALL = -1;

/**
 * Makes the modules of a class come up last and go down first, before the database that a running handler still needs,
 * wherever the module stands among the imports and even though it is imported by a global one. Returns false when
 * this version of Nest pays no heed, so that shutdown follows the order of imports.
 *
 * Nest calls hooks by a module's distance from the root, the nearest last at start and first at the end; a global
 * module counts as the most distant. The distance is set before any constructor runs and read after all have.
 */
export function lastUpFirstDown(modules: ModulesContainer, metatype: unknown): boolean {
  const own = [...modules.values()].filter((module) => module.metatype === metatype);
  for (const module of own) module.distance = BEHIND_ALL;
  return (
    own.length > 0 && [...modules.values()].every(({ distance }) => distance >= BEHIND_ALL) && own.every(isBehindAll)
  );
}

function isBehindAll({ distance }: { readonly distance: number }): boolean {
  return distance === BEHIND_ALL;
}
