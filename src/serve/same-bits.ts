import { Generator } from "../base/random.js";
import type { Known, Together } from "../tasks/commands.js";
import type { TaskTypes } from "../tasks/task.js";

/** Numbers of rows that are tried, the largest first. */
const SIZES = [32, 16, 8, 4, 3, 2];

/** Rows that are compared for each, at least: that the roundings of all agree by chance is out of the question. */
const ROWS = 30;

/** More lengths than these are forgotten: a model that reads numbers may be asked for any. */
const MOST_LENGTHS = 4096;

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

  constructor(together: Together<TaskTypes>, model: TaskTypes["model"], known: Known<TaskTypes>) {
    this.#together = together;
    this.#model = model;
    this.#known = known;
  }

  /** @param waiting  as many as there are: more are never tried */
  most(steps: number, waiting: number): number {
    if (waiting < 2) return 1;
    let found = this.#found.get(steps);
    if (found === undefined) {
      if (this.#found.size === MOST_LENGTHS) this.#found.clear();
      found = [];
      this.#found.set(steps, found);
    }
    for (let i = 0; i < SIZES.length; i++) {
      if (SIZES[i] > waiting) continue;
      found[i] ??= this.#try(steps, SIZES[i]);
      if (found[i]) return SIZES[i];
    }
    return 1;
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
