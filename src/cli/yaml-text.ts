import { CommandFailure, EXIT } from './command-failure.js';

/** The part of the package `yaml` that is used. */
interface YamlModule {
  parse(text: string): unknown;
  stringify(value: unknown, options: { readonly aliasDuplicateObjects: boolean; readonly lineWidth: number }): string;
}

/**
 * Writes a document as YAML.
 *
 * @throws CommandFailure when the package `yaml` is not installed.
 */
export async function yamlText(document: unknown): Promise<string> {
  // Anchors are for people who know YAML well, and folded lines hide what changed.
  return (await yaml()).stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/**
 * Reads a document that is YAML.
 *
 * @throws CommandFailure when the package `yaml` is not installed.
 */
export async function parsedYaml(text: string): Promise<unknown> {
  return (await yaml()).parse(text);
}

async function yaml(): Promise<YamlModule> {
  try {
    return await import('yaml');
  } catch (error) {
    if ((error as { readonly code?: unknown } | undefined)?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const message = 'YAML needs the package "yaml", which is not installed; npm install yaml, or use JSON';
    throw new CommandFailure(message, EXIT.refused, { cause: error });
  }
}
