/** Lists the names of an object that mean nothing. */
export function unknownNames(object: object | undefined, names: readonly string[]): readonly string[] {
  return Object.keys(object ?? {}).filter((name) => !names.includes(name));
}
