import type { DeadLetter } from '../core/index.js';

/** The dead letters of one group by the numbers of their events, and the keys that are parked behind them. */
export class GroupLetters {
  readonly #letters = new Map<number, DeadLetter>();
  readonly #numbersOf = new Map<string, Set<number>>();
  readonly #unknown = new Map<string, Set<number>>();
  readonly #parked = new Set<string>();

  get size(): number {
    return this.#letters.size;
  }

  get parkedKeys(): number {
    return this.#parked.size;
  }

  get(number: number): DeadLetter | undefined {
    return this.#letters.get(number);
  }

  has(number: number): boolean {
    return this.#letters.has(number);
  }

  isParked(key: string): boolean {
    return this.#parked.has(key);
  }

  /** Up to so many letters behind a number, in the order of their events. */
  list(after: number, limit: number): readonly DeadLetter[] {
    const numbers = [...this.#letters.keys()].filter((number) => number > after).sort((a, b) => a - b);
    return numbers.slice(0, limit).flatMap((number) => this.#letters.get(number) ?? []);
  }

  add(number: number, letter: DeadLetter): void {
    const before = this.#letters.get(number);
    if (before) this.#unindex(number, before);
    this.#letters.set(number, letter);
    index(this.#numbersOf, keyOf(letter), number);
    if (letter.kind === 'unknown') index(this.#unknown, letter.type ?? '', number);
  }

  /** Takes a letter out; the last one of a parked key lets the key go on. */
  delete(number: number): boolean {
    const letter = this.#letters.get(number);
    if (!letter) return false;
    this.#letters.delete(number);
    this.#unindex(number, letter);
    if (!this.#numbersOf.has(keyOf(letter))) this.#parked.delete(keyOf(letter));
    return true;
  }

  park(key: string): void {
    this.#parked.add(key);
  }

  unpark(key: string): void {
    this.#parked.delete(key);
  }

  unparkAll(): void {
    this.#parked.clear();
  }

  /** The letters that are redriven with this one, itself included: those of its key when that is parked. */
  together(number: number): readonly number[] {
    const letter = this.#letters.get(number);
    if (!letter) return [];
    if (!this.#parked.has(keyOf(letter))) return [number];
    return [...(this.#numbersOf.get(keyOf(letter)) ?? [])].sort((a, b) => a - b);
  }

  /** The letters of kind `unknown` that have one of the types; they may be taken out on the way. */
  *unknownOf(types: ReadonlySet<string> | undefined): Generator<number, void, undefined> {
    for (const [type, numbers] of this.#unknown) if (types?.has(type)) yield* numbers;
  }

  #unindex(number: number, letter: DeadLetter): void {
    unindex(this.#unknown, letter.type ?? '', number);
    unindex(this.#numbersOf, keyOf(letter), number);
  }
}

function keyOf({ key }: DeadLetter): string {
  return key ?? '';
}

function index(numbers: Map<string, Set<number>>, name: string, number: number): void {
  const found = numbers.get(name);
  if (found) found.add(number);
  else numbers.set(name, new Set([number]));
}

function unindex(numbers: Map<string, Set<number>>, name: string, number: number): void {
  const found = numbers.get(name);
  if (found?.delete(number) && found.size === 0) numbers.delete(name);
}
