import type { SampleBatcher } from "../data/index.js";
import type { BatchPosition, BatchSource } from "./trainer-state.js";

/** Batches of independent samples, made of their numbers when their turn comes. */
export class SampleSource<B> implements BatchSource<B> {
  readonly #batcher: SampleBatcher;
  readonly #make: (rows: Int32Array) => B;

  constructor(batcher: SampleBatcher, make: (rows: Int32Array) => B) {
    this.#batcher = batcher;
    this.#make = make;
  }

  get steps(): number {
    return this.#batcher.steps;
  }

  get position(): BatchPosition {
    return this.#batcher.position;
  }

  set position(position: BatchPosition) {
    this.#batcher.position = position;
  }

  next(): B {
    return this.#make(this.#batcher.next().rows);
  }
}
