import type { Tensor } from "../../tensor/tensor.js";
import { Module } from "../module.js";
import type { Lengths } from "../recurrent/lengths.js";
import { type CTCLossOptions, ctcLoss, resolveCTC } from "./ctc-loss.js";

/**
 * `functional.ctcLoss` as a module: log probabilities [T, N, C], int32 targets [N, S] and both lengths give the mean loss, in nats a letter.
 * @example
 * const loss = new nn.CTCLoss({ blank: 0, zeroInfinity: true });
 * loss.forward(nn.functional.logSoftmax(scores), targets, inputLengths, targetLengths).backward();
 */
export class CTCLoss extends Module {
  readonly options: CTCLossOptions;

  constructor(options: CTCLossOptions = {}) {
    super();
    this.options = resolveCTC("CTCLoss", options);
  }

  forward(logProbs: Tensor, targets: Tensor, inputLengths: Lengths | number, targetLengths: Lengths | number): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
