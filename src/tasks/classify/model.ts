import type { LossOutput, Scores } from "../../metrics/index.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { type RowBatch, RowModel } from "../many-to-one/model.js";
import type { ClassifyConfig } from "./config.js";
import type { Meaning } from "./data.js";

/** Of one class each, `targets` [N]; of several labels [N·C], 0 or 1, and from which probability on each is there. */
export interface ClassifyOutput extends Scores, LossOutput {
  thresholds?: ArrayLike<number>;
}

/** Rows with what errors of each class weigh. */
export interface ClassifyBatch extends RowBatch {
  weights: Float32Array | null;
}

/** Scores of classes; of several labels with a threshold each, which the part to validate on decides. */
export class Classifier extends RowModel {
  /** [C]; none where each row is of one class. */
  declare thresholds: Tensor | undefined;
  declare readonly config: ClassifyConfig;

  constructor(config: ClassifyConfig, { classes, inputs }: Meaning) {
    super(config, inputs, classes.length);
    if (!config.multi) return;
    this.registerBuffer("thresholds", tensor(new Float32Array(classes.length).fill(0.5)));
  }

  /** Probabilities of logits [N, C]: of one class, or of each label. */
  probabilities(logits: Tensor): Tensor {
    return this.config.multi ? logits.sigmoid() : logits.softmax(-1);
  }

  /** The mean cross entropy, over labels too. */
  lossOf(logits: Tensor, targets: RowBatch["targets"], weights: Float32Array | null): Tensor {
    const weight = weights && tensor(weights);
    if (!this.config.multi) {
      return functional.crossEntropy(logits, tensor(Int32Array.from(targets, ([label]) => label)), { weight });
    }
    const there = tensor(Float32Array.from(targets.flat()), { shape: [...logits.shape] });
    return functional.bceWithLogits(logits, there, { posWeight: weight });
  }

  /** What metrics are told of logits. */
  outputOf(outputs: Float32Array, { targets }: RowBatch): ClassifyOutput {
    const logits = tensor(outputs, { shape: [targets.length, outputs.length / targets.length] });
    const scores = this.probabilities(logits).data() as Float32Array;
    const loss = this.lossOf(logits, targets, null).item();
    const thresholds = this.thresholds?.data();
    return { scores, targets: targets.flat(), loss, count: targets.length, ...(thresholds && { thresholds }) };
  }
}
