import { checkBoolean, checkKnownOptions, checkOneOf } from "../../base/check.js";
import {
  Embedding,
  GRU,
  GRUCell,
  Linear,
  LSTM,
  LSTMCell,
  Module,
  type RecurrentModule,
  RecurrentStack,
  RNN,
  RNNCell,
} from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { NamedArray } from "../named-array.js";
import { outputSizeOf, type RecurrentLayers } from "./recurrent-layers.js";
import type { RecurrentParts } from "./recurrent-model.js";

const OP = "toModule";
const LAYERS = { rnn: RNN, lstm: LSTM, gru: GRU } as const;
const STEPS = { rnn: RNNCell, lstm: LSTMCell, gru: GRUCell } as const;

/** What weights do not say. */
export interface ModuleOptions {
  /** What activates an RNN. Default tanh, as PyTorch's. */
  readonly nonlinearity?: "tanh" | "relu" | undefined;
  /** Sequences are [N, L, ...]. Default false. */
  readonly batchFirst?: boolean | undefined;
}

/**
 * A model that was made elsewhere: an embedding, recurrent layers and a linear layer, those of them that it has.
 *   y = head(rnn(embed(x)))
 */
export class ImportedModel extends Module {
  readonly embed: Embedding | null;
  readonly rnn: RecurrentModule;
  readonly head: Linear | null;

  /** @param parts  as they were recognised: the sizes are theirs, the weights as new ones begin */
  constructor({ embedding, recurrent, head }: RecurrentParts, options: ModuleOptions = {}) {
    super();
    checkOptions(options);
    const [tokens, size] = embedding?.weight.shape ?? [0, 0];
    this.embed = embedding === null ? null : new Embedding(tokens, size);
    const modules = recurrent.map((layers) => layersOf(layers, options));
    this.rnn = modules.length === 1 ? modules[0] : new RecurrentStack(modules);
    const last = recurrent[recurrent.length - 1];
    this.head =
      head === null ? null : new Linear(outputSizeOf(last), head.weight.shape[0], { bias: head.bias !== null });
  }

  /**
   * @param x      int32 ids [L, N] where there is an embedding, else numbers [L, N, I]
   * @param state  as a former call returned it; zeros when left out
   * @returns      [L, N, outputs], of the recurrent layers where there is no head, and the next state
   */
  // biome-ignore lint/suspicious/noExplicitAny: each kind of module has its own kind of state
  forward(x: Tensor, state?: any): readonly [Tensor, any] {
    const [y, next] = this.rnn.forward(this.embed?.forward(x) ?? x, state);
    return [this.head?.forward(y) ?? y, next];
  }
}

function checkOptions(options: ModuleOptions): void {
  checkKnownOptions(OP, options, ["nonlinearity", "batchFirst"]);
  if (options.nonlinearity !== undefined) checkOneOf(OP, "nonlinearity", options.nonlinearity, ["tanh", "relu"]);
  if (options.batchFirst !== undefined) checkBoolean(OP, "batchFirst", options.batchFirst);
}

function layersOf(layers: RecurrentLayers, { nonlinearity, batchFirst }: ModuleOptions): RecurrentModule {
  const { cell, inputSize, hiddenSize, numLayers, bidirectional, bias, projSize } = layers;
  const own = { ...(projSize > 0 && { projSize }), ...(cell === "rnn" && nonlinearity && { nonlinearity }) };
  return new LAYERS[cell](inputSize, hiddenSize, { numLayers, bidirectional, bias, batchFirst, ...own });
}

/** The model of what was recognised, with its weights, in evaluation mode; a single step or bare layers are that module itself. */
export function buildRecurrent(parts: RecurrentParts, options: ModuleOptions = {}): Module {
  checkOptions(options);
  const [first] = parts.recurrent;
  const isBare = parts.embedding === null && parts.head === null && parts.recurrent.length === 1;
  const model = isBare ? bareLayers(first, options) : new ImportedModel(parts, options);
  model.loadStateDict(isBare ? new Map(first.arrays) : weightsOf(parts));
  return model.eval();
}

function bareLayers(layers: RecurrentLayers, options: ModuleOptions): Module {
  const { cell, inputSize, hiddenSize, bias, isStep } = layers;
  if (!isStep) return layersOf(layers, options);
  const { nonlinearity } = options;
  return new STEPS[cell](inputSize, hiddenSize, { bias, ...(cell === "rnn" && nonlinearity && { nonlinearity }) });
}

/** All weights under the names of `ImportedModel`, which are those of a language model of ours too. */
export function weightsOf({ embedding, recurrent, head }: RecurrentParts): Map<string, NamedArray> {
  const weights = new Map<string, NamedArray>();
  if (embedding !== null) weights.set("embed.weight", embedding.weight);
  for (const [i, { arrays }] of recurrent.entries()) {
    const prefix = recurrent.length === 1 ? "rnn." : `rnn.layers.${i}.`;
    for (const [name, array] of arrays) weights.set(prefix + name, array);
  }
  if (head !== null) {
    weights.set("head.weight", head.weight);
    if (head.bias !== null) weights.set("head.bias", head.bias);
  }
  return weights;
}
