import type { ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { lastUpFirstDown } from './module-distance.js';

const Runner = Symbol('the class of the runner');
const Other = Symbol('another class');

function container(...modules: object[]): ModulesContainer {
  return new Map(modules.map((module, index) => [String(index), module])) as unknown as ModulesContainer;
}

describe('the order of modules', () => {
  it('puts the modules of a class behind all others', () => {
    const modules = container(
      { metatype: Runner, distance: Number.MAX_VALUE },
      { metatype: Other, distance: 0 },
      { metatype: Runner, distance: 3 },
    );
    expect(lastUpFirstDown(modules, Runner)).toBe(true);
    expect([...modules.values()].map(({ distance }) => distance)).toEqual([-1, 0, -1]);
  });

  it('is not reached where Nest keeps its own distances, or where some module stands even further behind', () => {
    const fixed = Object.defineProperty({ metatype: Runner }, 'distance', { get: () => 5, set: () => undefined });
    expect(lastUpFirstDown(container(fixed), Runner)).toBe(false);
    expect(lastUpFirstDown(container({ metatype: Runner }, { metatype: Other, distance: -2 }), Runner)).toBe(false);
    expect(lastUpFirstDown(container({ metatype: Other, distance: 0 }), Runner)).toBe(false);
  });
});
