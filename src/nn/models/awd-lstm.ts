import {
  checkKnownOptions,
  checkLayerCount,
  checkNumber,
  checkPositiveInteger,
  withDefaults,
} from "../../base/check.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Embedding } from "../embedding.js";
import { EmbeddingDropout } from "../embedding-dropout.js";
import { uniform, zeros } from "../init.js";
import { Linear } from "../linear.js";
import { Module } from "../module.js";
import { checkBoolean, type DTypeOption } from "../options.js";
import { LSTM } from "../recurrent/cells/lstm.js";
import type { LSTMState } from "../recurrent/lstm-stack.js";
import { checkLayers } from "../recurrent/options.js";
import type { SequenceOptions } from "../recurrent/stack.js";
import { RecurrentStack } from "../recurrent-stack.js";
import { tieWeights } from "../tie-weights.js";
import { WeightDrop } from "../weight-drop.js";
import { type TextFeatures, type TextModel, textFeatures, textLoss } from "./text-model.js";

/** The recipe's numbers; the defaults are the paper's for the Penn Treebank. */
export interface AWDLSTMOptions extends DTypeOption {
  /** Width of the embedding, and of the last layer when tied. Default 400. */
  embeddingDim?: number | undefined;
  /** Width of the other layers. Default 1150. */
  hiddenSize?: number | undefined;
  /** Default 3. */
  numLayers?: number | undefined;
  /** The head's matrix is the embedding's. Default true. */
  tieWeights?: boolean | undefined;
  /** Locked dropout of the last layer's output. Default 0.4. */
  dropout?: number | undefined;
  /** Locked dropout between layers. Default 0.25. */
  hiddenDropout?: number | undefined;
  /** Locked dropout of the embedded words. Default 0.4. */
  inputDropout?: number | undefined;
  /** Dropout of whole words. Default 0.1. */
  embeddingDropout?: number | undefined;
  /** DropConnect on the recurrent matrices. Default 0.5. */
  weightDrop?: number | undefined;
  /** Activation regularisation. Default 2. */
  alpha?: number | undefined;
  /** Temporal activation regularisation. Default 1. */
  beta?: number | undefined;
}

type Settings = Readonly<{ [K in Exclude<keyof AWDLSTMOptions, "dtype">]-?: NonNullable<AWDLSTMOptions[K]> }>;

const DEFAULTS: Settings = {
  embeddingDim: 400,
  hiddenSize: 1150,
  numLayers: 3,
  tieWeights: true,
  dropout: 0.4,
  hiddenDropout: 0.25,
  inputDropout: 0.4,
  embeddingDropout: 0.1,
  weightDrop: 0.5,
  alpha: 2,
  beta: 1,
};

/** Of the embedding at the start. */
const INIT_RANGE = 0.1;

/** What the last layer gave for a piece of text; the states are one a layer, { h, c } of [1, N, H]. */
export type AWDLSTMFeatures = TextFeatures<LSTMState[]>;

/**
 * A language model by the AWD-LSTM recipe: words dropped from the embedding, LSTMs with DropConnect on their recurrent
 * matrices, locked dropout before, between and after them, tied weights, and AR and TAR in the loss. Train it with
 * `optim.NTASGD` and gradients clipped at 0.25, the rest of the recipe.
 * Parameters: `embed.embedding.weight` [V, D], `lstm.layers.{k}.module.weight_ih_l0` and so on, `head.weight`, `head.bias`.
 * Source: Merity, Keskar & Socher 2018.
 * @example
 * const model = new nn.AWDLSTM(10000);
 * const optimizer = new optim.NTASGD(model.parameters(), { lr: 30, weightDecay: 1.2e-6 });
 * const { loss, states } = model.loss(ids, next, carried); // ids, next int32 [L, N]
 * optimizer.zeroGrad();
 * loss.backward();
 * nn.utils.clipGradNorm(model.parameters(), 0.25);
 * optimizer.step();
 * carried = states.map(nn.utils.detachState);
 */
export class AWDLSTM extends Module {
  embed: EmbeddingDropout;
  lstm: RecurrentStack<WeightDrop<LSTM>>;
  head: Linear;
  readonly options: Settings;

  /** @throws OptionError for sizes that are not positive integers and rates outside their range */
  constructor(vocabularySize: number, options: AWDLSTMOptions = {}) {
    super();
    const op = "AWDLSTM";
    checkKnownOptions(op, options, [...Object.keys(DEFAULTS), "dtype"]);
    checkPositiveInteger(op, "vocabularySize", vocabularySize);
    const { dtype = "float32", ...given } = options;
    const o = withDefaults<Settings>(DEFAULTS, given);
    for (const name of ["embeddingDim", "hiddenSize"] as const) checkPositiveInteger(op, name, o[name]);
    checkLayerCount(op, "numLayers", o.numLayers);
    for (const name of ["dropout", "inputDropout"] as const) checkNumber(op, name, o[name], { min: 0, max: 1 });
    for (const name of ["alpha", "beta"] as const) checkNumber(op, name, o[name], { min: 0 });
    checkBoolean(op, "tieWeights", o.tieWeights);
    checkLayers(op, o.numLayers, o.hiddenSize);
    this.options = o;
    const table = new Embedding(vocabularySize, o.embeddingDim, { dtype });
    uniform(table.weight, -INIT_RANGE, INIT_RANGE);
    this.embed = new EmbeddingDropout(table, o.embeddingDropout);
    const widths = Array.from({ length: o.numLayers }, () => o.hiddenSize);
    if (o.tieWeights) widths[o.numLayers - 1] = o.embeddingDim;
    const layers = widths.map((width, k) => {
      return new WeightDrop(new LSTM(k === 0 ? o.embeddingDim : widths[k - 1], width, { dtype }), o.weightDrop);
    });
    this.lstm = new RecurrentStack(layers, { lockedDropout: o.hiddenDropout });
    this.head = new Linear(widths[o.numLayers - 1], vocabularySize, { dtype });
    zeros(this.head.bias!);
    if (o.tieWeights) tieWeights(table, this.head);
    else uniform(this.head.weight, -INIT_RANGE, INIT_RANGE);
  }

  /**
   * @param ids      int32 [L, N]
   * @param states   of the text before, detached; zeros when left out
   * @param options  lengths of the texts in a padded batch: nothing is computed beyond, and the features are zero there
   */
  features(ids: Tensor, states?: readonly LSTMState[] | null, options: SequenceOptions = {}): AWDLSTMFeatures {
    return textFeatures(partsOf(this), ids, states as LSTMState[], options);
  }

  /** Logits [L, N, V] of the next word, and the states after the last. */
  forward(
    ids: Tensor,
    states?: readonly LSTMState[] | null,
    options: SequenceOptions = {},
  ): readonly [Tensor, LSTMState[]] {
    const { output, states: next } = this.features(ids, states, options);
    return [this.head.forward(output), next];
  }

  /**
   * What to minimise. In training, the cross entropy with AR on the dropped-out output and TAR on the raw one; in
   * evaluation, the cross entropy alone.
   * @param ids      int32 [L, N], L >= 2 in training with beta > 0
   * @param targets  int32 [L, N], the words that follow
   * @param options  lengths of the texts in a padded batch: the means are over the words that are there
   * @returns        the loss, the cross entropy in nats by itself, and the states after the last word
   */
  loss(ids: Tensor, targets: Tensor, states?: readonly LSTMState[] | null, options: SequenceOptions = {}) {
    return textLoss("AWDLSTM.loss", partsOf(this), { ids, targets }, states as LSTMState[], options);
  }
}

/** No private member: a clone could not have it. */
function partsOf(model: AWDLSTM): TextModel<RecurrentStack<WeightDrop<LSTM>>> {
  const { training, lstm: layers, head, options } = model;
  const { dropout: outputDropout, inputDropout, alpha, beta } = options;
  const embed = (ids: Tensor): Tensor => model.embed.forward(ids);
  return { training, embed, layers, head, rates: { inputDropout, outputDropout, alpha, beta } };
}
