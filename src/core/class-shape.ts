import 'reflect-metadata';
import { DECLARED_TYPE } from './contract-metadata.js';
import { isForbiddenProperty } from './names.js';
import { misfit, type DeclaredType, type Shape } from './shape.js';

const MAX_CACHED_PROPERTIES = 256;

/**
 * The shape of a data class: plain data becomes an instance, without running the constructor, and each property whose
 * type the compiler recorded (any property decorator makes it do so) or `@Field({ type })` names is revived in turn.
 * Data under the name of a method or a getter is left out.
 */
export function classShape(cls: new () => object, shapeOf: (type: DeclaredType, where: string) => Shape): Shape {
  const known = SHAPES.get(cls);
  if (known) return known;
  const prototype = cls.prototype as object;
  const properties = new Map<string, Shape | undefined>();

  /** The shape of a property, {@link ANY_SHAPE} where nothing is known; `undefined` when the class says what it is. */
  const propertyShape = (name: string): Shape | undefined => {
    if (properties.has(name)) return properties.get(name);
    const declared = Reflect.getMetadata(DECLARED_TYPE, prototype, name) as (() => unknown) | undefined;
    const type: unknown = declared ? declared() : Reflect.getMetadata('design:type', prototype, name);
    const shape = isFixed(prototype, name) ? undefined : shapeOf(type, `${cls.name}.${name}`);
    if (properties.size < MAX_CACHED_PROPERTIES) properties.set(name, shape);
    return shape;
  };

  const shape: Shape = {
    name: cls.name,
    cls,
    plain: false,
    accepts: isObject,
    revive(value, path) {
      if (value === null || value instanceof cls) return value;
      if (!isObject(value)) throw misfit(path, `an object (${cls.name})`);
      const instance = Object.create(prototype) as Record<string, unknown>;
      const source = value as Record<string, unknown>;
      for (const name of Object.keys(source)) {
        if (isForbiddenProperty(name)) throw misfit(`${path}.${name}`, 'an allowed property name');
        const inner = source[name];
        const innerShape = propertyShape(name);
        if (!innerShape) continue;
        const asItIs = innerShape.plain || inner === undefined;
        instance[name] = asItIs ? inner : innerShape.revive(inner, `${path}.${name}`);
      }
      return instance;
    },
  };
  SHAPES.set(cls, shape);
  return shape;
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}

/** Methods and computed properties are the class's own; data of the same name must not take their place. */
function isFixed(prototype: object, name: string): boolean {
  for (let p: object | null = prototype; p; p = Object.getPrototypeOf(p) as object | null) {
    const found = Object.getOwnPropertyDescriptor(p, name);
    if (found) return found.get ? !found.set : typeof found.value === 'function';
  }
  return false;
}

// Derived from the class alone and forgotten with it: no state of any application.
const SHAPES = new WeakMap<object, Shape>();
