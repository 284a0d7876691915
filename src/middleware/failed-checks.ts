/** One check that an argument failed. */
export interface FailedCheck {
  /** Where, from the argument's name on: `user.addresses[0].zip`. */
  readonly path: string;
  /** The check's name, `isEmail`. */
  readonly constraint: string;
}

/** A property that failed, as class-validator tells it. */
export interface FailedProperty {
  readonly property: string;
  /** Names of checks and their messages; messages may quote values and are not used. */
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly FailedProperty[];
}

/** Lists failed checks with the path of each property, nested ones included. */
export function failedChecks(failed: readonly FailedProperty[], path: string): readonly FailedCheck[] {
  return failed.flatMap(({ property, constraints = {}, children = [] }) => {
    const inner = /^\d+$/.test(property) ? `${path}[${property}]` : `${path}.${property}`;
    return [
      ...Object.keys(constraints).map((constraint) => ({ path: inner, constraint })),
      ...failedChecks(children, inner),
    ];
  });
}
