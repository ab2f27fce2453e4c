import { checkKnownOptions, checkNumber, checkPositiveInteger, refusal } from "../base/check.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkMaxNorm, type EmbeddingSettings, embedding } from "./functional/embedding.js";
import { normal } from "./init.js";
import { Module } from "./module.js";
import { checkFloatDType, type DTypeOption } from "./options.js";
import { Parameter } from "./parameter.js";

export interface EmbeddingOptions extends DTypeOption {
  /** A row that starts as zeros and gets no gradient; negative ones count from the end. Default none. */
  paddingIdx?: number | null | undefined;
  /** Another name of `paddingIdx`. */
  paddingIndex?: number | null | undefined;
  /** Rows that are taken and longer than this are first scaled to this norm, in the table itself. Default none. */
  maxNorm?: number | null | undefined;
  /** The p of that norm; Infinity for the largest element. Default 2. */
  normType?: number | undefined;
}

/**
 * A vector for each token: ids int32 [..] give [.., D].
 * Parameters: weight [V, D], standard normal at the start.
 * Source: PyTorch nn.Embedding.
 * @example
 * const embed = new nn.Embedding(65, 128);
 * embed.forward(ids); // [L, N] gives [L, N, 128]
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIndex: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  weight: Parameter;

  /** @throws OptionError for sizes that are not positive integers, or a padding index outside the table */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkKnownOptions("Embedding", options, ["paddingIdx", "paddingIndex", "maxNorm", "normType", "dtype"]);
    this.numEmbeddings = checkPositiveInteger("Embedding", "numEmbeddings", numEmbeddings);
    this.embeddingDim = checkPositiveInteger("Embedding", "embeddingDim", embeddingDim);
    this.paddingIndex = resolvePadding(options, numEmbeddings);
    const { maxNorm = null, normType = 2 } = options;
    checkMaxNorm("Embedding", maxNorm ?? 1, normType);
    this.maxNorm = maxNorm;
    this.normType = normType;
    const dtype = checkFloatDType("Embedding", options.dtype);
    this.weight = normal(new Parameter(empty(dtype, [numEmbeddings, embeddingDim])));
    if (this.paddingIndex === null) return;
    const data = this.weight.data();
    data.fill(0, this.paddingIndex * embeddingDim, (this.paddingIndex + 1) * embeddingDim);
    this.weight.set(data);
  }

  /** @throws ShapeError for an id outside [0, numEmbeddings); DTypeError for ids that are not int32 */
  forward(ids: Tensor): Tensor {
    return embedding(this.weight, ids, this.maxNorm === null ? this.paddingIndex : this.settings);
  }

  /** PyTorch's name of `paddingIndex`. */
  get paddingIdx(): number | null {
    return this.paddingIndex;
  }

  /** @internal What `functional.embedding` is given. */
  get settings(): EmbeddingSettings {
    return { paddingIdx: this.paddingIndex, maxNorm: this.maxNorm, normType: this.normType };
  }
}

function resolvePadding({ paddingIdx, paddingIndex }: EmbeddingOptions, rows: number): number | null {
  const argument = paddingIdx == null ? "paddingIndex" : "paddingIdx";
  const index = paddingIdx ?? paddingIndex ?? null;
  if (index === null) return null;
  checkNumber("Embedding", argument, index, { min: -rows, max: rows - 1 });
  if (!Number.isInteger(index)) throw refusal("Embedding", argument, "be an integer", index);
  if (paddingIndex != null && paddingIndex !== index) {
    throw refusal("Embedding", "paddingIndex", `be ${index} as paddingIdx is, or left out`, paddingIndex);
  }
  return index < 0 ? index + rows : index;
}
