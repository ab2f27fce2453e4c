import type { Tensor } from "../../tensor/index.js";
import type { Collective, Summing } from "./collective.js";
import type { FlatGradients } from "./gradients.js";

/** Numbers of a group of gradients that travels by itself: a mebibyte, enough to hide what a message costs. */
const LEAST = 2 ** 18;

interface Group {
  from: number;
  to: number;
  sum: Summing;
  /** Parameters whose gradient is not final. */
  open: number;
}

/**
 * The sum of gradients over ranks, in groups that begin while backward is still at work on others: the last parameters first, on every rank in
 * this order, whatever it has a gradient of. Bits are those of one sum at the end.
 */
export class EarlySums {
  readonly #gradients: FlatGradients;
  readonly #flat: Float32Array;
  readonly #groups: readonly Group[];
  readonly #groupOf = new Map<Tensor, Group>();
  /** Groups that travel. */
  #begun = 0;

  /** @param flat  where the gradients of this rank are collected, and their sum afterwards */
  constructor(
    collective: Collective,
    gradients: FlatGradients,
    parameters: readonly Tensor[],
    flat: Float32Array,
    least = LEAST,
  ) {
    this.#gradients = gradients;
    this.#flat = flat;
    this.#groups = gradients.groups(least).map(([from, to]) => {
      return { from, to, sum: collective.summing(gradients.rangeOf(flat, from, to)), open: 0 };
    });
    for (const group of this.#groups)
      for (const parameter of parameters.slice(group.from, group.to)) this.#groupOf.set(parameter, group);
  }

  /** A backward pass begins. */
  start(): void {
    this.#begun = 0;
    for (const group of this.#groups) group.open = group.to - group.from;
  }

  /** Nothing more is added to the gradient of this parameter. */
  isFinal(parameter: Tensor): void {
    const group = this.#groupOf.get(parameter);
    if (group !== undefined) group.open--;
    while (this.#begun < this.#groups.length && this.#groups[this.#begun].open === 0) this.#begin();
    for (const { sum } of this.#groups.slice(0, this.#begun)) sum.advance();
  }

  /** All gradients are final; those that are not there count as zeros. */
  startAll(): void {
    while (this.#begun < this.#groups.length) this.#begin();
  }

  /** Waits for all sums. @returns they, in the place of this rank's gradients */
  end(): Float32Array {
    for (const { sum } of this.#groups) sum.advance();
    for (const { sum } of this.#groups) sum.end();
    return this.#flat;
  }

  #begin(): void {
    const { from, to, sum } = this.#groups[this.#begun++];
    this.#gradients.take(this.#flat, from, to);
    sum.begin();
  }
}
