import { checkFunction } from "../base/check.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/tensor.js";
import { type BaseOptions, Optimizer, type Slot } from "./optimizer.js";

/** What writes the parameters, for errors. */
const SWAP = "swapAverages()";

/** PyTorch's name of the averaged parameter. */
const AVERAGE = "ax";

/** An optimiser that keeps an average of each parameter beside it. */
export abstract class AveragingOptimizer<O extends BaseOptions> extends Optimizer<O> {
  /** Whether the parameters hold their averages at the moment. */
  #swapped = false;

  /**
   * Runs `body` with every parameter replaced by its average, where there is one: for validation, and for what is saved in
   * the end. They are put back after it, also when it throws, and after its promise if it returns one.
   * @example const loss = optimizer.withAverages(() => evaluate(model));
   */
  withAverages<T>(body: () => T): T {
    checkFunction(`${this.name}.withAverages`, "body", body, "Write optimizer.withAverages(() => evaluate(model)).");
    return this.#swapped ? body() : whileSwapped(() => this.swapAverages(), body);
  }

  /** Exchanges every parameter with its average, where there is one; once more puts them back. */
  swapAverages(): void {
    this.#swapped = !this.#swapped;
    const { tensors } = this.stateDict();
    const parameters = this.paramGroups.flatMap(({ params }) => params);
    parameters.forEach((parameter, i) => {
      const average = tensors.get(`${i}.${AVERAGE}`);
      if (average !== undefined) exchange(parameter, average, SWAP);
    });
    for (const tensor of tensors.values()) tensor.dispose();
  }

  /** ax += mu · (p - ax); the first time, and with mu 1, ax = p. */
  protected average(p: Tensor, slot: Slot, mu: number): void {
    const first = !slot.tensors.has(AVERAGE);
    const ax = this.stateTensor(slot, AVERAGE, p);
    const engine = currentEngine();
    if (first || mu === 1) {
      engine.copy(ax, p);
      return;
    }
    engine.affine(ax, ax, 1 - mu, 0);
    engine.axpy(ax, ax, mu, p);
  }

  protected override stateNames(): readonly string[] {
    return [AVERAGE];
  }
}

/** p = (1 - decay) · p - lr · grad, in place. */
export function descend(p: Tensor, grad: Tensor, lr: number, decay: number): void {
  const engine = currentEngine();
  if (decay !== 0) engine.affine(p, p, 1 - decay, 0);
  engine.axpy(p, p, -lr, grad);
}

/** Runs `body` between two swaps; the second one comes also when it throws, and after its promise if it returns one. */
export function whileSwapped<T>(swap: () => void, body: () => T): T {
  swap();
  let later = false;
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    later = true;
    return result.finally(swap) as T;
  } finally {
    if (!later) swap();
  }
}

/** Each gets the other's values. @param by  for errors */
export function exchange(parameter: Tensor, average: Tensor, by: string): void {
  const values = parameter.data();
  parameter.storage.overwrite(average.data(), parameter.offset, by);
  average.storage.overwrite(values, average.offset, by);
}
