import type { NumberRows } from "../../io/number-rows.js";
import type { Fill } from "./config.js";

interface Known {
  step: number;
  value: number;
}

/** Writes the values of one series as they come, as `filledValues` fills them in memory: what is missing waits for the next one. */
export class StepFiller {
  readonly #values: NumberRows;
  readonly #fill: Fill;
  readonly #one = new Float64Array(1);
  /** Steps that have a value, and those that have one or miss it. */
  #written = 0;
  #length = 0;
  #before: Known | null = null;

  constructor(values: NumberRows, fill: Fill) {
    [this.#values, this.#fill] = [values, fill];
  }

  /** @param value  null where it is missing */
  take(step: number, value: number | null): void {
    this.#length = step + 1;
    if (value === null) return;
    const next = { step, value };
    this.#fillTo(step, next);
    this.#put(value);
    this.#before = next;
  }

  /** @returns how many steps have a value: all others up to `steps` are to come */
  end(steps: number): number {
    this.#fillTo(this.#length, null);
    while (this.#written < steps) this.#put(Number.NaN);
    return this.#length;
  }

  #fillTo(step: number, after: Known | null): void {
    for (let i = this.#written; i < step; i++) this.#put(this.#fillOf(i, after));
  }

  #fillOf(step: number, after: Known | null): number {
    const before = this.#before;
    if (this.#fill === "zero") return 0;
    // Missing values at the beginning are what comes first after them.
    if (before === null) return after?.value ?? Number.NaN;
    if (this.#fill === "previous" || after === null) return before.value;
    return before.value + ((after.value - before.value) * (step - before.step)) / (after.step - before.step);
  }

  #put(value: number): void {
    this.#one[0] = value;
    this.#values.append(this.#one);
    this.#written++;
  }
}
