import {
  checkFunction,
  checkNumber,
  checkOneOf,
  checkOptionsObject,
  checkPositiveInteger,
  checkString,
} from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { numberText } from "../base/number-text.js";

/** How a metric is called and read, and which way is good. */
export interface MetricInfo {
  /** `macro-F1`, `perplexity`. */
  readonly name: string;
  /** What the number counts: `nats`, `%`; empty for a plain one. */
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** The number as a person reads it, without its unit. */
  format(value: number): string;
}

/** What holds numbers that can be asked for: a tensor. */
export interface HoldsNumbers {
  data(): ArrayLike<number>;
}

/** What a metric is given: where it takes an array of numbers, a tensor will do, read row by row. */
export type Given<Output> = {
  [K in keyof Output]: ArrayLike<number> extends Output[K] ? Output[K] | HoldsNumbers : Output[K];
};

/**
 * A figure over many batches. It is a list of sums and a function of them: whatever order batches come in and however they are
 * spread over processes, adding the sums gives the figure of the whole.
 */
export interface Metric<Output> extends MetricInfo {
  /** Takes in one batch: arrays of numbers, or tensors. */
  add(output: Given<Output>): void;
  /** Of all that was added; NaN when nothing was. */
  readonly value: number;
  /** The sums. JSON-safe. Set it to go on from there. */
  state: readonly number[];
  /** Adds what another has seen. */
  merge(state: readonly number[]): void;
  reset(): void;
}

export interface SumsOptions<Output> extends Partial<MetricInfo> {
  name: string;
  better: "lower" | "higher";
  /** How many sums it keeps. */
  size: number;
  add(sums: Float64Array, output: Output): void;
  value(sums: Float64Array): number;
}

/** A metric from its sums. */
export class Sums<Output> implements Metric<Output> {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** The sums themselves, for those who show more than one figure of them. */
  readonly sums: Float64Array;
  readonly #options: SumsOptions<Output>;

  constructor(options: SumsOptions<Output>) {
    checkOptionsObject("Sums", options);
    checkString("Sums", "name", options.name);
    checkOneOf("Sums", "better", options.better, ["lower", "higher"]);
    checkPositiveInteger("Sums", "size", options.size);
    checkNumber("Sums", "size", options.size, { max: 1e8 });
    for (const part of ["add", "value"] as const) checkFunction("Sums", part, options[part]);
    this.name = options.name;
    this.unit = options.unit ?? "";
    this.better = options.better;
    this.sums = new Float64Array(options.size);
    this.#options = options;
  }

  format(value: number): string {
    return this.#options.format?.(value) ?? numberText(value);
  }

  add(output: Given<Output>): void {
    checkOptionsObject(this.name, output);
    const plain = Object.entries(output).map(([name, value]) => [name, numbersOf(value)]);
    this.#options.add(this.sums, Object.fromEntries(plain) as Output);
  }

  get value(): number {
    return this.#options.value(this.sums);
  }

  get state(): readonly number[] {
    return [...this.sums];
  }

  /** @throws FormatError for sums that are not this metric's */
  set state(state: readonly number[]) {
    this.#check(state);
    this.sums.set(state);
  }

  merge(state: readonly number[]): void {
    this.#check(state);
    for (const [i, sum] of state.entries()) this.sums[i] = this.sums[i] + sum;
  }

  reset(): void {
    this.sums.fill(0);
  }

  #check(state: unknown): void {
    const { length } = this.sums;
    if (Array.isArray(state) && state.length === length && state.every((sum) => typeof sum === "number")) return;
    throw new FormatError({
      op: `${this.name}.state`,
      argument: "state",
      must: `be ${length} numbers, as ${this.name}.state gives them`,
      value: show(state),
    });
  }
}

function numbersOf(value: unknown): unknown {
  const holds = typeof value === "object" && value !== null && typeof (value as HoldsNumbers).data === "function";
  return holds ? (value as HoldsNumbers).data() : value;
}
