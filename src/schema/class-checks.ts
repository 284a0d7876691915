/** One check that class-validator makes of a property. */
export interface PropertyCheck {
  /** `customValidation` for nearly all, `conditionalValidation`, `isDefined`, `nestedValidation`, ... */
  readonly type: string;
  /** `isEmail`; absent for a check that is a class of the application's own. */
  readonly name?: string;
  readonly propertyName: string;
  /** What the decorator was given. */
  readonly constraints?: readonly unknown[];
  /** It is made of each item. */
  readonly each?: boolean;
  readonly constraintCls?: { readonly name: string };
  /** It is made only where this says so. */
  readonly validateIf?: unknown;
}

/** What class-validator knows about classes. */
export interface ClassChecks {
  /** Lists what is checked of a class, its base classes included; nothing for a class without decorators. */
  of(cls: new () => object): readonly PropertyCheck[];
  /** Tells whether a check of class-validator's own refuses `undefined`, so that the property is required. */
  refusesMissing(check: PropertyCheck): boolean;
}

/** The part of class-validator that is used; the package itself fits. */
interface ClassValidatorModule {
  getMetadataStorage(): {
    getTargetValidationMetadatas(
      target: new () => object,
      schema: string,
      always: boolean,
      strictGroups: boolean,
    ): readonly PropertyCheck[];
  };
}

/** Reads the checks of classes from class-validator; where the application does not have it, there are none. */
export async function loadClassChecks(
  load: () => Promise<ClassValidatorModule> = () => import('class-validator'),
): Promise<ClassChecks> {
  const validator = await loaded(load);
  if (!validator) return { of: () => [], refusesMissing: () => false };
  const storage = validator.getMetadataStorage();
  // It exports the name of each of its checks: a check of the application's own may well accept `undefined`.
  const own = new Set<unknown>(Object.values(validator).filter((value) => typeof value === 'string'));
  return {
    of: (cls) => storage.getTargetValidationMetadatas(cls, '', false, false),
    refusesMissing: ({ type, name = '' }) => {
      return type === 'isDefined' || (type === 'customValidation' && own.has(name) && !PERMISSIVE.has(name));
    },
  };
}

/** Checks that pass when there is nothing. */
const PERMISSIVE = new Set(['isEmpty', 'notEquals', 'isNotIn']);

async function loaded(load: () => Promise<ClassValidatorModule>): Promise<ClassValidatorModule | undefined> {
  try {
    return await load();
  } catch (error) {
    // Only its own absence is fine; a copy that is there and broken must not empty the schemas in silence.
    const code = (error as { code?: unknown } | undefined)?.code;
    if (code === 'ERR_MODULE_NOT_FOUND' && /'class-validator'/.test(String(error))) return undefined;
    throw error;
  }
}
