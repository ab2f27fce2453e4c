import { currentEngine } from "../../engine/select.js";
import { type Tensor, zerosLike } from "../../tensor/index.js";
import { contiguous } from "../../tensor/ops/raw.js";

/** All gradients of a model one after another in one array, as they travel between ranks. */
export class FlatGradients {
  readonly #parameters: readonly Tensor[];
  /** Of each parameter its place; the last one is the length of all. */
  readonly #places: readonly number[];

  constructor(parameters: readonly Tensor[]) {
    this.#parameters = parameters;
    const places = [0];
    for (const { size } of parameters) places.push(places[places.length - 1] + size);
    this.#places = places;
  }

  /** Numbers of all gradients together. */
  get length(): number {
    return this.#places[this.#places.length - 1];
  }

  /** Which parameters have a gradient: 1 or 0 each. */
  get present(): number[] {
    return this.#parameters.map(({ grad }) => (grad === null ? 0 : 1));
  }

  /** The numbers of some parameters in `flat`. */
  rangeOf(flat: Float32Array, from: number, to: number): Float32Array {
    return flat.subarray(this.#places[from], this.#places[to]);
  }

  /**
   * Parameters in groups of neighbours, the last ones first: backward comes to them in about this order.
   * @param least  numbers of a group, but of the one at the beginning
   * @returns of each group its first parameter and the one behind its last
   */
  groups(least: number): [from: number, to: number][] {
    const found: [number, number][] = [];
    let to = this.#parameters.length;
    for (let from = to - 1; from >= 0; from--) {
      if (from > 0 && this.#places[to] - this.#places[from] < least) continue;
      found.push([from, to]);
      to = from;
    }
    return found;
  }

  /** Copies the gradients of some parameters to their places in `flat`; where there is none, zeros. */
  take(flat: Float32Array, first = 0, end = this.#parameters.length): void {
    for (let i = first; i < end; i++) {
      const { grad } = this.#parameters[i];
      const part = flat.subarray(this.#places[i], this.#places[i + 1]);
      if (grad === null) part.fill(0);
      else if (part.length > 0) {
        const { storage, offset } = grad.isContiguous ? grad : contiguous(grad);
        currentEngine().readSync(storage.buffer, offset, part.length, part);
      }
    }
  }

  /** Makes the numbers of `flat` the gradients of those parameters that have one on some rank. */
  put(flat: Float32Array, present: ArrayLike<number>): void {
    for (const [i, parameter] of this.#parameters.entries()) {
      if (present[i] === 0 || parameter.size === 0) continue;
      let { grad } = parameter;
      if (grad === null || !grad.isContiguous) {
        grad = zerosLike(parameter.detach()).retain();
        parameter.grad = grad;
      }
      grad.storage.overwrite(flat.subarray(this.#places[i], this.#places[i + 1]), grad.offset, "the sum over ranks");
    }
  }
}
