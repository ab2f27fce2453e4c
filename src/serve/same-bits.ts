import { Generator } from "../base/random.js";
import type { Known, Together } from "../tasks/commands.js";
import type { TaskTypes } from "../tasks/task.js";

/** Numbers of rows that are tried, the largest first. */
const SIZES = [32, 8, 4, 2];

/** Rows that are compared for each, at least: that the roundings of all agree by chance is out of the question. */
const ROWS = 30;

/** A number of rows that changed bits at as many lengths, and never did not, is tried at no other: it would be in vain. */
const IN_VAIN = 3;

/** More lengths than these are forgotten: a model that reads numbers may be asked for any. */
const MOST_LENGTHS = 4096;

/** Lengths with which a model is made ready, and for how long: kernels become quick as they are used. */
const USUAL_LENGTHS = [8, 16, 24, 32, 12, 20, 28, 40];

/**
 * How many inputs can be answered at once without another bit than each alone. Kernels take sums in an order that depends on how many rows
 * there are, and on their length, but never on what stands in them: so it is found out once for each, on rows that are drawn.
 */
export class SameBits {
  readonly #together: Together<TaskTypes>;
  readonly #model: TaskTypes["model"];
  readonly #known: Known<TaskTypes>;
  /** Of a length: for each of SIZES whether its bits are those of one. */
  readonly #found = new Map<number, (boolean | undefined)[]>();
  /** Of each of SIZES, how often it was and was not. */
  readonly #tried = SIZES.map(() => ({ same: 0, other: 0 }));

  constructor(together: Together<TaskTypes>, model: TaskTypes["model"], known: Known<TaskTypes>) {
    this.#together = together;
    this.#model = model;
    this.#known = known;
  }

  /**
   * Rows of a batch for as many inputs as wait: a quarter of it may be filled up with any, which costs less than another batch.
   * @returns 1 where each goes alone
   */
  size(steps: number, waiting: number): number {
    if (waiting < 2) return 1;
    let found = this.#found.get(steps);
    if (found === undefined) {
      if (this.#found.size === MOST_LENGTHS) this.#found.clear();
      found = [];
      this.#found.set(steps, found);
    }
    for (let i = 0; i < SIZES.length; i++) {
      if (4 * waiting < 3 * SIZES[i]) continue;
      found[i] ??= this.#isSame(steps, i);
      if (found[i]) return SIZES[i];
    }
    return 1;
  }

  /** Answers inputs that nobody asked about, for so many milliseconds. */
  warmUp(milliseconds: number): void {
    const generator = new Generator(1);
    const end = performance.now() + milliseconds;
    for (let i = 0; performance.now() < end; i++) {
      const steps = USUAL_LENGTHS[i % USUAL_LENGTHS.length];
      const item = this.#together.drawn(this.#model, this.#known, steps, generator);
      const size = this.size(this.#together.steps(item), 4);
      this.#answer(Array.from({ length: i % 2 === 0 ? 1 : size }, () => item));
    }
  }

  #isSame(steps: number, i: number): boolean {
    const tried = this.#tried[i];
    if (tried.other >= IN_VAIN && tried.same === 0) return false;
    const isSame = this.#try(steps, SIZES[i]);
    if (isSame) tried.same++;
    else tried.other++;
    return isSame;
  }

  #try(steps: number, size: number): boolean {
    const generator = new Generator(1 + steps);
    for (let trial = 0; trial * size < ROWS; trial++) {
      const items = Array.from({ length: size }, () =>
        this.#together.drawn(this.#model, this.#known, steps, generator),
      );
      const all = this.#answer(items);
      if (items.some((item, i) => this.#answer([item])[0] !== all[i])) return false;
    }
    return true;
  }

  /** Numbers in JSON are their bits: the shortest digits that are read as the same number. */
  #answer(items: readonly unknown[]): string[] {
    return this.#together.answer(this.#model, this.#known, items).map(({ values }) => JSON.stringify(values));
  }
}
