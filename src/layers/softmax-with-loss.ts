import { checkKnownOptions, checkNumber, refusal } from "../base/check.js";
import { ShapeError } from "../base/errors.js";
import { sameShape } from "../base/shape.js";
import { fromRows, toRows } from "./arrange.js";
import { checkInput, checkShape, floatDType, type Layer, requireCache } from "./layer.js";
import { argmax, softmax } from "./math.js";
import { type NdArray, requireArray } from "./nd-array.js";
import { onEngine, type Workspace } from "./workspace.js";

export interface SoftmaxWithLossOptions {
  /** Rows with this label count for nothing: padding. Default -1. */
  ignoreLabel?: number | undefined;
}

interface Cache {
  /** [R, V] */
  scores: NdArray;
  /** int32 [R] */
  labels: NdArray;
  /** [R, 2] the largest score m of a row, and Σ_v e^{s_v - m} */
  normalizers: NdArray;
  /** Rows that are not ignored. */
  counted: number;
}

/**
 * Softmax and cross entropy in one, whose gradient is the plainest there is.
 *   y = softmax(s)   L = -1/N Σ_n log y_n[t_n]
 *   ds_n = (y_n - onehot(t_n)) / N
 * scores s [N, V], labels t int32 [N] or one-hot [N, V]; N counts the rows that are not ignored. L is in nats.
 */
export class SoftmaxWithLoss implements Layer {
  readonly params: readonly NdArray[] = [];
  readonly grads: readonly NdArray[] = [];
  readonly ignoreLabel: number;
  cache: Cache | null = null;

  constructor(options: SoftmaxWithLossOptions = {}) {
    checkKnownOptions("SoftmaxWithLoss", options, ["ignoreLabel"]);
    const { ignoreLabel = -1 } = options;
    if ((ignoreLabel | 0) !== ignoreLabel)
      throw refusal("SoftmaxWithLoss", "ignoreLabel", "be an integer of 32 bits", ignoreLabel);
    this.ignoreLabel = ignoreLabel;
  }

  /** The probabilities of the last forward pass. */
  get y(): NdArray {
    return softmax(requireCache("SoftmaxWithLoss.y", this.cache).scores);
  }

  /** The mean loss. */
  forward(scores: NdArray, labels: NdArray): number {
    floatDType(
      "SoftmaxWithLoss.forward",
      "scores",
      checkShape("SoftmaxWithLoss.forward", "scores", scores, ["N", "V"]),
    );
    requireArray("SoftmaxWithLoss.forward", "labels", labels);
    const [rows, vocabSize] = scores.shape as [number, number];
    const oneHot = sameShape(labels.shape, scores.shape);
    const ids = oneHot ? argmax(labels) : checkInput("SoftmaxWithLoss.forward", "labels", labels, [rows], "int32");
    const counted = this.#count(ids, vocabSize);
    return onEngine((w) => {
      const losses = w.empty([rows], scores.dtype);
      const normalizers = w.empty([rows, 2], scores.dtype);
      w.engine.crossEntropyForward(this.#args(w, scores, ids), losses, normalizers);
      this.cache = { scores, labels: ids, normalizers: w.download(normalizers), counted };
      const loss = w.empty([], scores.dtype);
      w.engine.reduce("sum", loss, losses, 1);
      w.engine.affine(loss, loss, 1 / counted, 0);
      return w.download(loss).data[0];
    });
  }

  /** @param dLoss the gradient of the loss; 1 when the loss is what is minimised */
  backward(dLoss = 1): NdArray {
    const { scores, labels, normalizers, counted } = requireCache("SoftmaxWithLoss.backward", this.cache);
    checkNumber("SoftmaxWithLoss.backward", "dLoss", dLoss);
    return onEngine((w) => {
      const dScores = w.empty(scores.shape, scores.dtype);
      const dLosses = w.filled(labels.shape, scores.dtype, dLoss);
      w.engine.affine(dLosses, dLosses, 1 / counted, 0);
      w.engine.crossEntropyBackward(this.#args(w, scores, labels), w.upload(normalizers), dLosses, dScores);
      return w.download(dScores);
    });
  }

  #args(w: Workspace, scores: NdArray, labels: NdArray) {
    const targets = w.upload(labels);
    return { logits: w.upload(scores), targets, ignoreIndex: this.ignoreLabel, labelSmoothing: 0, weight: null };
  }

  /** @throws ShapeError for a label that is no class, or when every row is ignored */
  #count(labels: NdArray, vocabSize: number): number {
    const counted = labels.data.filter((label) => label !== this.ignoreLabel);
    const outside = counted.find((label) => label < 0 || label >= vocabSize);
    const op = "SoftmaxWithLoss.forward";
    if (outside !== undefined) {
      const must = `lie in [0, ${vocabSize - 1}] or be ${this.ignoreLabel} (ignoreLabel)`;
      throw new ShapeError({ op, argument: "labels", must, value: String(outside) });
    }
    if (counted.length > 0) return counted.length;
    const must = `hold a label that is not ${this.ignoreLabel} (ignoreLabel)`;
    throw new ShapeError({ op, argument: "labels", must, value: "none" });
  }
}

/** Softmax and cross entropy, a mean over every step of every sequence that counts: scores [N, T, V], labels int32 [N, T] or one-hot [N, T, V]. */
export class TimeSoftmaxWithLoss extends SoftmaxWithLoss {
  #batch = { n: 0, t: 0 };

  override forward(scores: NdArray, labels: NdArray): number {
    checkShape("TimeSoftmaxWithLoss.forward", "scores", scores, ["N", "T", "V"]);
    requireArray("TimeSoftmaxWithLoss.forward", "labels", labels);
    const [n, t] = scores.shape as [number, number];
    const oneHot = sameShape(labels.shape, scores.shape);
    if (!oneHot) checkInput("TimeSoftmaxWithLoss.forward", "labels", labels, [n, t], "int32");
    this.#batch = { n, t };
    return super.forward(toRows(scores), toRows(labels));
  }

  /** [N, T, V] */
  override backward(dLoss = 1): NdArray {
    return fromRows(super.backward(dLoss), this.#batch.n, this.#batch.t);
  }
}
