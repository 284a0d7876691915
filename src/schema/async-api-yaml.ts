import { BackboneError } from '../core/index.js';
import type { AsyncApiDocument } from './async-api-document.js';

/** The part of the package `yaml` that is used. */
interface YamlModule {
  stringify(value: unknown, options: { readonly aliasDuplicateObjects: boolean; readonly lineWidth: number }): string;
}

/**
 * Writes an AsyncAPI document as YAML, by the package `yaml`.
 *
 * @throws BackboneError `EB_UNSUPPORTED` when the application does not have that package.
 */
export async function asyncApiYaml(
  document: AsyncApiDocument,
  load: () => Promise<YamlModule> = () => import('yaml'),
): Promise<string> {
  const yaml = await loaded(load);
  // Anchors are for people who know YAML well, and folded lines hide what changed.
  return yaml.stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}

async function loaded(load: () => Promise<YamlModule>): Promise<YamlModule> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const message = 'YAML is written by the package "yaml", which is not installed; npm install yaml, or use the JSON';
    throw new BackboneError('EB_UNSUPPORTED', message, { cause: error });
  }
}
