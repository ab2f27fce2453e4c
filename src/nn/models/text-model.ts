import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { linearCrossEntropy } from "../functional/cross-entropy.js";
import {
  activationRegularization,
  lockedDropout,
  temporalActivationRegularization,
} from "../functional/regularization.js";
import type { Linear } from "../linear.js";
import type { Lengths } from "../recurrent/lengths.js";
import { PackedSequence, type Packing, packingOf } from "../recurrent/packed-sequence.js";
import { packRows } from "../recurrent/rnn-utils.js";
import type { SequenceOptions } from "../recurrent/stack.js";
import type { RecurrentModule, StateOf } from "../recurrent-module.js";

/** What regularises a recurrent language model between its parts; all of it in training alone. */
export interface TextRates {
  /** Ordinary dropout, of what the layers read and of what the head reads. Default 0. */
  dropout?: number | undefined;
  /** Locked dropout of what the layers read. */
  inputDropout: number;
  /** Locked dropout of what the head reads. */
  outputDropout: number;
  /** Activation regularisation. */
  alpha: number;
  /** Temporal activation regularisation. */
  beta: number;
}

/** A recurrent language model as its parts: whoever owns them names them. */
export interface TextModel<M extends RecurrentModule> {
  training: boolean;
  embed(ids: Tensor): Tensor;
  layers: M;
  head: Linear;
  rates: TextRates;
}

/** What the last layer gave for a piece of text. */
export interface TextFeatures<S> {
  /** [L, N, D] after dropout: what the head reads. */
  output: Tensor;
  /** [L, N, D] before it. */
  raw: Tensor;
  /** After the last token. */
  states: S;
}

/** From tokens [L, N] to what the head reads: the one way of every recurrent language model here. */
export function textFeatures<M extends RecurrentModule>(
  { training, embed, layers, rates }: TextModel<M>,
  ids: Tensor,
  states?: StateOf<M> | null,
  options?: SequenceOptions,
): TextFeatures<StateOf<M>> {
  const { dropout: p = 0, inputDropout, outputDropout } = rates;
  const through = (x: Tensor, locked: number): Tensor =>
    dropout(lockedDropout(x, locked, { training }), p, { training });
  const [raw, next] = layers.forward(through(embed(ids), inputDropout), states, options);
  return { output: through(raw, outputDropout), raw, states: next as StateOf<M> };
}

/**
 * What to minimise. In training, the cross entropy with AR on the dropped-out output and TAR on the raw one; in evaluation, the
 * cross entropy alone, which is also given by itself.
 */
export function textLoss<M extends RecurrentModule>(
  op: string,
  model: TextModel<M>,
  { ids, targets }: { ids: Tensor; targets: Tensor },
  states?: StateOf<M> | null,
  options?: SequenceOptions,
): { loss: Tensor; crossEntropy: Tensor; states: StateOf<M> } {
  const packing = packingFor(op, ids, targets, options?.lengths);
  const { output, raw, states: next } = textFeatures(model, ids, states, options);
  const words = (x: Tensor): Tensor => (packing === null ? x : packRows(x, packing, false));
  const { training, head, rates } = model;
  const { alpha, beta } = rates;
  const crossEntropy = linearCrossEntropy(words(output), head.weight, head.bias, words(targets));
  let loss = crossEntropy;
  if (training && alpha > 0) loss = add(loss, activationRegularization(words(output), alpha));
  if (training && beta > 0) {
    const sequences = packing === null ? raw : new PackedSequence(words(raw), packing.batchSizes, packing.order);
    loss = add(loss, temporalActivationRegularization(sequences, beta));
  }
  return { loss, crossEntropy, states: next };
}

function packingFor(op: string, ids: Tensor, targets: Tensor, lengths: Lengths | undefined): Packing | null {
  if (lengths === undefined) return null;
  requireTensor(op, "targets", targets);
  if (!sameShape(ids.shape, targets.shape)) {
    const must = `have the shape of ids, ${formatShape(ids.shape)}`;
    throw misshapen(op, "targets", must, targets.shape);
  }
  return packingOf(op, lengths, ids.shape[1], ids.shape[0]);
}
