import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract } from '../core/index.js';
import { EventGroup } from './event-group.decorator.js';
import { EventHandler } from './event-handler.decorator.js';
import { declaredDefaults, declaredHandlers } from './handler-declaration.js';

@EventsContract('declared')
class Declared {
  @ContractEvent()
  first(text: string) {
    return { text };
  }

  @ContractEvent()
  second(text: string) {
    return { text };
  }
}

@EventGroup('parents')
class Parent {
  @EventHandler(Declared, 'first')
  @EventHandler(Declared, 'second')
  both(): void {}

  @EventHandler(Declared, 'first')
  one(): void {}
}

@EventGroup('children')
class Child extends Parent {
  override both(): void {}

  @EventHandler(Declared, 'second')
  override one(): void {}
}

class Grandchild extends Child {}

const eventsOf = (cls: { prototype: object }, method: string) =>
  declaredHandlers(cls.prototype, method).map(({ event }) => event);

describe('what @EventHandler and @EventGroup leave with a class', () => {
  it('is a list for each method, in the order of reading', () => {
    expect(eventsOf(Parent, 'both')).toEqual(['first', 'second']);
    expect(eventsOf(Parent, 'absent')).toEqual([]);
  });

  it('holds for an override that says nothing, and gives way to one that does', () => {
    expect(eventsOf(Child, 'both')).toEqual(['first', 'second']);
    expect(eventsOf(Child, 'one')).toEqual(['second']);
    expect(eventsOf(Parent, 'one')).toEqual(['first']);
  });

  it('names the group of the nearest class', () => {
    const groups = [Parent, Child, Grandchild, Declared].map((cls) => declaredDefaults(cls).group);
    expect(groups).toEqual(['parents', 'children', 'children', undefined]);
  });
});

describe('@EventHandler where no handler would be found', () => {
  it('is refused on static methods and on symbols', () => {
    const handle = EventHandler(Declared, 'first');
    const descriptor = { value: () => undefined };
    expect(() => handle(Parent, 'made', descriptor)).toThrow(/^EB_HANDLER: Parent\.made: .* static/);
    expect(() => handle(Parent.prototype, Symbol('x'), descriptor)).toThrow(
      /^EB_HANDLER: Parent\.Symbol\(x\): .* symbol/,
    );
  });
});
