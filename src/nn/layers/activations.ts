import { checkKnownOptions, checkNumber, checkOneOf, refusal } from "../../base/check.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import { flatten } from "../../tensor/ops/shape.js";
import { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elu, gelu, hardsigmoid, hardtanh, leakyRelu, silu, softplus } from "../functional/pointwise.js";
import { Module } from "../module.js";

/** Functions as modules, for `Sequential`: x of any shape gives y of that shape, and there are no parameters. */

/** max(0, x). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return unary("relu", x);
  }
}

/** tanh x. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return unary("tanh", x);
  }
}

/** σ(x) = 1/(1 + e^-x). */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return unary("sigmoid", x);
  }
}

/** x where x > 0, negativeSlope · x elsewhere. Source: Maas, Hannun & Ng 2013. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = checkNumber("LeakyReLU", "negativeSlope", negativeSlope);
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/** x where x > 0, alpha · (e^x - 1) elsewhere. Source: Clevert, Unterthiner & Hochreiter 2016. */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = checkNumber("ELU", "alpha", alpha);
  }

  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

export interface GELUOptions {
  /** Default "none", x/2 · (1 + erf(x/√2)); "tanh" for x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))). */
  approximate?: "none" | "tanh" | undefined;
}

/** x · Φ(x), Φ being the standard normal's distribution function. Source: Hendrycks & Gimpel 2016. */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor(options: GELUOptions = {}) {
    super();
    checkKnownOptions("GELU", options, ["approximate"]);
    this.approximate = checkOneOf("GELU", "approximate", options.approximate ?? "none", ["none", "tanh"]);
  }

  forward(x: Tensor): Tensor {
    return gelu(x, this.approximate);
  }
}

/** x · σ(x), also called swish. Source: Elfwing, Uchibe & Doya 2017. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** log(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold. Source: PyTorch nn.Softplus. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20) {
    super();
    this.beta = checkNumber("Softplus", "beta", beta);
    if (beta === 0) throw refusal("Softplus", "beta", "be a finite number other than 0", beta);
    this.threshold = checkNumber("Softplus", "threshold", threshold);
  }

  forward(x: Tensor): Tensor {
    return softplus(x, this.beta, this.threshold);
  }
}

/** x limited to [minVal, maxVal]. Source: PyTorch nn.Hardtanh. */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;

  constructor(minVal = -1, maxVal = 1) {
    super();
    this.minVal = checkNumber("Hardtanh", "minVal", minVal);
    this.maxVal = checkNumber("Hardtanh", "maxVal", maxVal, { min: minVal, openMin: true });
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal);
  }
}

/** x/6 + 1/2 limited to [0, 1]. Source: Courbariaux, Bengio & David 2015. */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

function checkDim(op: string, argument: string, dim: number): number {
  if (Number.isInteger(dim)) return dim;
  throw refusal(op, argument, "be an integer", dim);
}

/** exp(x) / Σ exp(x) along one dimension, by default the last. */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = checkDim("Softmax", "dim", dim);
  }

  /** @throws ShapeError where x has no such dimension */
  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
}

/** log softmax(x) along one dimension, by default the last: what `NLLLoss` takes. */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = checkDim("LogSoftmax", "dim", dim);
  }

  /** @throws ShapeError where x has no such dimension */
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
}

/** x itself: the place of a layer that is left out. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Dimensions `startDim` to `endDim` as one: by default all but the first, [N, ..] to [N, F].
 * @example
 * new nn.Flatten().forward(x); // [N, 8, 10] gives [N, 80]
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = checkDim("Flatten", "startDim", startDim);
    this.endDim = checkDim("Flatten", "endDim", endDim);
  }

  /** @throws ShapeError where x has no such dimensions */
  forward(x: Tensor): Tensor {
    requireTensor("Flatten", "input", x);
    return flatten(x, this.startDim, this.endDim);
  }
}
