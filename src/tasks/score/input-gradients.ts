import { enableGrad, noGrad } from "../../autograd/index.js";
import { keepingGradients, leavesBehind } from "../../diagnostics/keep-gradients.js";
import type { Module } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";

/** Predictions of a model on one sequence, each of which can be walked back by itself. */
export interface Predictions {
  model: Module;
  /** What the layers read, [L, W, F] each: a column a step, all of them the same where the steps are of one sequence. */
  read(steps: readonly number[]): readonly Tensor[];
  /** What is predicted at `steps[b]` in column b, all of them together: a scalar. */
  predicted(x: readonly Tensor[], steps: readonly number[]): Tensor;
}

/** Columns that are walked back together. */
const TOGETHER = 32;

/**
 * The gradient of each prediction with respect to all that was read, [L, F] in a row of each. One column a prediction: none sees
 * another's. Gradients and mode of the model are left as they were.
 */
export function inputGradients(of: Predictions, steps: readonly number[]): (Float32Array | Float64Array)[][] {
  const { training } = of.model;
  of.model.train(false);
  try {
    const found: (Float32Array | Float64Array)[][] = [];
    for (let i = 0; i < steps.length; i += TOGETHER) found.push(...together(of, steps.slice(i, i + TOGETHER)));
    return found;
  } finally {
    of.model.train(training);
  }
}

function together({ read, predicted }: Predictions, steps: readonly number[]) {
  return enableGrad(() => {
    const leaves = noGrad(() => read(steps)).map((x) => x.detach());
    for (const leaf of leaves) leaf.requiresGrad = true;
    const all = predicted(leaves, steps);
    const gradients = keepingGradients(leavesBehind(all), () => {
      all.backward();
      return leaves.map((leaf) => leaf.grad?.data() ?? new Float32Array(leaf.size));
    });
    return steps.map((_, b) => leaves.map(({ shape }, k) => columnOf(gradients[k], shape, b)));
  });
}

/** [L, F] of column b of [L, W, F]. */
function columnOf<T extends ArrayLike<number>>(
  values: T,
  [length, width, size]: readonly number[],
  b: number,
): Float32Array | Float64Array {
  const own = values instanceof Float64Array ? new Float64Array(length * size) : new Float32Array(length * size);
  for (let t = 0; t < length; t++) {
    for (let f = 0; f < size; f++) own[t * size + f] = values[(t * width + b) * size + f];
  }
  return own;
}

/** A sequence [L, 1, F] as `width` columns of it. */
export function columns(x: Tensor, width: number): Tensor {
  const [length, , size] = x.shape as [number, number, number];
  return x.expand(length, width, size).contiguous();
}

/** What stands at step `steps[b]` of column b of [L, W, ..]: [W, ..]. */
export function atSteps(y: Tensor, steps: readonly number[]): Tensor {
  const [length, width, ...rest] = y.shape;
  const places = Int32Array.from(steps, (t, b) => t * width + b);
  return y.reshape(length * width, ...rest).indexSelect(0, tensor(places));
}
