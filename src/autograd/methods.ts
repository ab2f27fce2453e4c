import { checkFunction } from "../base/check.js";
import { UnsupportedError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { install } from "../tensor/methods/install.js";
import { copyOf } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { accumulate, type BackwardOptions, backward } from "./backward.js";

export interface AutogradMethods {
  /**
   * Walks the graph behind this tensor and adds ∂this/∂leaf to the `grad` of every leaf that requires one.
   * @param gradient  ∂L/∂this, of this shape and dtype; left out for a scalar: 1
   * @param options   `retainGraph` to walk it once more later
   * @throws ShapeError when it is not a scalar and no gradient is given; UnsupportedError for a graph walked before
   */
  backward(gradient?: Tensor, options?: BackwardOptions): void;
  /** Has `backward()` leave the gradient of this intermediate result in its `grad`. Chainable. */
  retainGrad(): Tensor;
  /** Calls `hook` with the gradient of this result when it is known; what it returns, if anything, replaces it. Chainable. */
  registerHook(hook: (grad: Tensor) => Tensor | undefined): Tensor;
}

declare module "../tensor/tensor.js" {
  interface Tensor extends AutogradMethods {}
}

install<AutogradMethods>({
  backward(gradient, options) {
    backward(this, gradient, options);
  },
  retainGrad() {
    if (this.node === null) return this;
    return this.registerHook((grad) => {
      accumulate(this, copyOf(grad));
      return undefined;
    });
  },
  registerHook(hook) {
    if (this.node === null) {
      throw new UnsupportedError({
        op: "registerHook",
        argument: "tensor",
        must: "be the result of a recorded operation",
        value: `a leaf ${formatShape(this.shape)}`,
        fix: "Read .grad of a leaf after backward().",
      });
    }
    checkFunction("registerHook", "hook", hook);
    this.node.hooks ??= [];
    this.node.hooks.push([this.outputIndex, hook]);
    return this;
  },
});
