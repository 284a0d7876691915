import {
  BackboneError,
  Erased,
  isBackboneError,
  type ArgumentDefinition,
  type ConsumeContext,
  type EventDefinition,
  type Middleware,
  type MiddlewareContext,
} from '../core/index.js';
import { failedChecks, type FailedCheck, type FailedProperty } from './failed-checks.js';

/** What `validate` needs of class-validator; the package itself fits. */
export interface ClassValidator {
  validate(object: object, options?: { readonly forbidUnknownValues?: boolean }): Promise<readonly FailedProperty[]>;
  getMetadataStorage(): {
    getTargetValidationMetadatas(
      target: new () => object,
      schema: string,
      always: boolean,
      strictGroups: boolean,
    ): readonly unknown[];
  };
}

/** Finds what is wrong with the arguments of one event; absent where nothing can be. */
type Check = (context: MiddlewareContext) => Promise<readonly FailedCheck[]>;

/**
 * Checks arguments whose class carries class-validator decorators, on both sides: a bad argument is refused before
 * anything is stored, and an event that arrives with one is set aside without a retry. Plain literals are checked as
 * instances of their class; what a producer was given is stored as it was given.
 *
 * Refuses with BackboneError `EB_VALIDATION`: `details.path` (`user.email`) and `details.constraint` (`isEmail`) of the
 * first failed check, all of them in `details.failures`; never a value.
 */
export function validate(validator: ClassValidator): Middleware {
  const checks = new WeakMap<EventDefinition, { readonly check?: Check }>();

  const check: Middleware = (context, next) => {
    let known = checks.get(context.event);
    if (!known) {
      known = { check: checkOf(context.event, validator) };
      checks.set(context.event, known);
    }
    return known.check ? checked(context, known.check, next) : next();
  };
  return Object.assign(check, { quiet: true });
}

async function checked(context: MiddlewareContext, check: Check, next: () => Promise<void>): Promise<void> {
  const failures = await check(context);
  const [first] = failures;
  if (!first) return next();
  const list = failures.map(({ path, constraint }) => `${path} (${constraint})`).join(', ');
  throw new BackboneError('EB_VALIDATION', `${context.event.type} has arguments that fail their checks: ${list}`, {
    details: { path: first.path, constraint: first.constraint, failures },
  });
}

function checkOf(event: EventDefinition, validator: ClassValidator): Check | undefined {
  const storage = validator.getMetadataStorage();
  const validated = event.arguments.flatMap((argument, index) => {
    const cls = argument.shape.cls ?? argument.shape.element?.cls;
    const has = cls && storage.getTargetValidationMetadatas(cls, '', false, false).length > 0;
    return has ? [{ ...argument, index }] : [];
  });
  if (validated.length === 0) return undefined;

  return async (context) => {
    const { args, stage } = context;
    const perArgument = validated.map(async ({ field, shape, segments, index }) => {
      const value = args[index];
      if (value === undefined || value === null || value instanceof Erased) return [];
      // What it lacks was erased, which is no fault of the event.
      if (stage === 'consume' && isPartlyErased(context, event, { field, segments })) return [];
      let instance: unknown;
      try {
        instance = stage === 'produce' ? shape.revive(asStored(value), field) : value;
      } catch (error) {
        return [misfit(error, field)];
      }
      return checkInstance(validator, instance, field);
    });
    return (await Promise.all(perArgument)).flat();
  };
}

/** Of an older version any argument may be made of what was erased in part. */
function isPartlyErased(
  { type, erased }: ConsumeContext,
  event: EventDefinition,
  { field, segments }: Pick<ArgumentDefinition, 'field' | 'segments'>,
): boolean {
  if (event.upcasts?.has(type) === true) return erased.length > 0;
  return segments !== undefined && erased.some((name) => name.startsWith(`${field}.`));
}

async function checkInstance(validator: ClassValidator, value: unknown, path: string): Promise<readonly FailedCheck[]> {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return (await Promise.all(items.map((item, i) => checkInstance(validator, item, `${path}[${i}]`)))).flat();
  }
  if (typeof value !== 'object' || value === null) return [{ path, constraint: 'object' }];
  return failedChecks(await validator.validate(value, { forbidUnknownValues: false }), path);
}

/**
 * What a reader will get: own properties only, so that nested literals become instances, too. An object that says
 * itself how it is written is checked as it is.
 */
function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return { ...value };
}

function misfit(error: unknown, field: string): FailedCheck {
  if (!isBackboneError(error, 'EB_UNDECODABLE')) throw error;
  const { path, constraint } = error.details;
  return {
    path: typeof path === 'string' ? path : field,
    constraint: typeof constraint === 'string' ? constraint : 'type',
  };
}
