import type { Fill } from "./config.js";

interface Known {
  step: number;
  value: number;
}

/** Gives the values of one series as they come, a value a step: what is missing waits for the next one, by which it may be filled. */
export class StepFiller {
  readonly #told: (value: number) => void;
  readonly #fill: Fill;
  /** Steps that have a value, and those that have one or miss it. */
  #written = 0;
  #length = 0;
  #before: Known | null = null;

  constructor(told: (value: number) => void, fill: Fill) {
    [this.#told, this.#fill] = [told, fill];
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
    this.#told(value);
    this.#written++;
  }
}
