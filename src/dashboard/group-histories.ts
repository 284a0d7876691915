import type { GroupView } from './dashboard-api.js';

/** How a group stood at one look. */
export type GroupPoint = GroupView['history'][number];

const MOST_OF_A_GROUP = 600;
const MOST_OF_ALL = 200_000;

/** Remembers how groups stood over time, in bounded memory: the groups that were looked at longest ago are forgotten first. */
export class GroupHistories {
  readonly #mostOfAll: number;
  readonly #groups = new Map<string, GroupPoint[]>();
  #count = 0;

  constructor(mostOfAll = MOST_OF_ALL) {
    this.#mostOfAll = mostOfAll;
  }

  /** How many points are remembered. */
  get size(): number {
    return this.#count;
  }

  add(group: string, point: GroupPoint): void {
    const points = this.#groups.get(group) ?? [];
    points.push(point);
    this.#count += 1;
    if (points.length > MOST_OF_A_GROUP) {
      points.shift();
      this.#count -= 1;
    }
    // Behind all others: the map's order is that of the last looks.
    this.#groups.delete(group);
    this.#groups.set(group, points);
    for (const [oldest, { length }] of this.#groups) {
      if (this.#count <= this.#mostOfAll || oldest === group) break;
      this.#groups.delete(oldest);
      this.#count -= length;
    }
  }

  /** The points of a group, oldest first. */
  of(group: string): readonly GroupPoint[] {
    return this.#groups.get(group) ?? [];
  }
}
