import type { Tensor } from "../../tensor/tensor.js";
import { type CrossEntropyOptions, crossEntropy, resolveCrossEntropy } from "../functional/cross-entropy.js";
import {
  type BCEWithLogitsOptions,
  bceWithLogits,
  mseLoss,
  type NLLLossOptions,
  nllLoss,
  type ReductionOption,
  resolveBCEWithLogits,
  resolveNLL,
  resolveReductionOption,
} from "../functional/losses.js";
import {
  type BCELossOptions,
  bceLoss,
  type KLDivOptions,
  klDiv,
  resolveBCE,
  resolveKLDiv,
} from "../functional/probability-losses.js";
import {
  type GaussianNLLLossOptions,
  gaussianNLLLoss,
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  type QuantileLossOptions,
  quantileLoss,
  resolveGaussianNLL,
  resolveHuber,
  resolveQuantile,
  resolveSmoothL1,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from "../functional/regression-losses.js";
import { Module } from "../module.js";

/** `functional.crossEntropy` as a module: logits [.., V] and int32 targets [..] give the mean loss in nats. */
export class CrossEntropyLoss extends Module {
  readonly options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    this.options = resolveCrossEntropy("CrossEntropyLoss", options);
  }

  forward(logits: Tensor, targets: Tensor): Tensor {
    return crossEntropy(logits, targets, this.options);
  }
}

/** `functional.nllLoss` as a module: log probabilities [.., V] and int32 targets [..]. */
export class NLLLoss extends Module {
  readonly options: NLLLossOptions;

  constructor(options: NLLLossOptions = {}) {
    super();
    this.options = resolveNLL("NLLLoss", options);
  }

  forward(logProbs: Tensor, targets: Tensor): Tensor {
    return nllLoss(logProbs, targets, this.options);
  }
}

/** `functional.mseLoss` as a module: input and target of one shape. */
export class MSELoss extends Module {
  readonly options: ReductionOption;

  constructor(options: ReductionOption = {}) {
    super();
    this.options = resolveReductionOption("MSELoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/** `functional.bceWithLogits` as a module: logits and targets in [0, 1] of one shape. */
export class BCEWithLogitsLoss extends Module {
  readonly options: BCEWithLogitsOptions;

  constructor(options: BCEWithLogitsOptions = {}) {
    super();
    this.options = resolveBCEWithLogits("BCEWithLogitsLoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, this.options);
  }
}

/** `functional.l1Loss` as a module: |input - target| of input and target of one shape. */
export class L1Loss extends Module {
  readonly options: ReductionOption;

  constructor(options: ReductionOption = {}) {
    super();
    this.options = resolveReductionOption("L1Loss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/** `functional.smoothL1Loss` as a module: quadratic up to `beta`, linear beyond; input and target of one shape. */
export class SmoothL1Loss extends Module {
  readonly options: SmoothL1LossOptions;

  constructor(options: SmoothL1LossOptions = {}) {
    super();
    this.options = resolveSmoothL1("SmoothL1Loss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** `functional.huberLoss` as a module: quadratic up to `delta`, linear beyond; input and target of one shape. */
export class HuberLoss extends Module {
  readonly options: HuberLossOptions;

  constructor(options: HuberLossOptions = {}) {
    super();
    this.options = resolveHuber("HuberLoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** `functional.gaussianNLLLoss` as a module: means and targets of one shape, and variances of it or [.., 1]. */
export class GaussianNLLLoss extends Module {
  readonly options: GaussianNLLLossOptions;

  constructor(options: GaussianNLLLossOptions = {}) {
    super();
    this.options = resolveGaussianNLL("GaussianNLLLoss", options);
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNLLLoss(input, target, variance, this.options);
  }
}

/** `functional.quantileLoss` as a module: forecasts [.., Q] of Q quantiles, and targets [..]. */
export class QuantileLoss extends Module {
  readonly options: QuantileLossOptions;

  constructor(options: QuantileLossOptions = {}) {
    super();
    this.options = resolveQuantile("QuantileLoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return quantileLoss(input, target, this.options);
  }
}

/** `functional.klDiv` as a module: log probabilities and target probabilities of one shape. */
export class KLDivLoss extends Module {
  readonly options: KLDivOptions;

  constructor(options: KLDivOptions = {}) {
    super();
    this.options = resolveKLDiv("KLDivLoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** `functional.bceLoss` as a module: probabilities and targets in [0, 1] of one shape. */
export class BCELoss extends Module {
  readonly options: BCELossOptions;

  constructor(options: BCELossOptions = {}) {
    super();
    this.options = resolveBCE("BCELoss", options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return bceLoss(input, target, this.options);
  }
}
