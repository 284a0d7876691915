import { declareDefaults } from './handler-declaration.js';

/** Names the group of all handlers of a class; a handler's own `group` goes before it. */
export function EventGroup(group: string): ClassDecorator {
  return (target) => {
    declareDefaults(target, { group });
  };
}
