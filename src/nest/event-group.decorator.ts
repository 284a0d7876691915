import { declareGroup } from './handler-declaration.js';

/** Names the group of all handlers of a class; a handler's own `group` goes before it. */
export function EventGroup(group: string): ClassDecorator {
  return (target) => {
    declareGroup(target, group);
  };
}
