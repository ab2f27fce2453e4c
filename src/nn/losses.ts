import type { Tensor } from "../tensor/tensor.js";
import { type CrossEntropyOptions, crossEntropy, resolveCrossEntropy } from "./functional/cross-entropy.js";
import {
  type BCEWithLogitsOptions,
  bceWithLogits,
  mseLoss,
  type NLLLossOptions,
  nllLoss,
  type ReductionOption,
} from "./functional/losses.js";
import { Module } from "./module.js";

/** `functional.crossEntropy` as a module: logits [.., V] and int32 targets [..] give the mean loss in nats. */
export class CrossEntropyLoss extends Module {
  readonly options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    resolveCrossEntropy("CrossEntropyLoss", options);
    this.options = options;
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
    this.options = options;
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
    this.options = options;
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
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, this.options);
  }
}
