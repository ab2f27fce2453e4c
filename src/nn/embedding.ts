import { checkKnownOptions, checkNumber, checkPositiveInteger, refusal } from "../base/check.js";
import { embedding } from "../tensor/ops/index.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { normal } from "./init.js";
import { Module } from "./module.js";
import { checkFloatDType, type DTypeOption } from "./options.js";
import { Parameter } from "./parameter.js";

export interface EmbeddingOptions extends DTypeOption {
  /** A row that starts as zeros and gets no gradient; negative ones count from the end. Default none. */
  paddingIndex?: number | null | undefined;
}

/**
 * A vector for each token: ids int32 [..] give [.., D].
 * Parameters: weight [V, D], standard normal at the start.
 * @example
 * const embed = new nn.Embedding(65, 128);
 * embed.forward(ids); // [L, N] gives [L, N, 128]
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIndex: number | null;
  weight: Parameter;

  /** @throws OptionError for sizes that are not positive integers, or a padding index outside the table */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkKnownOptions("Embedding", options, ["paddingIndex", "dtype"]);
    this.numEmbeddings = checkPositiveInteger("Embedding", "numEmbeddings", numEmbeddings);
    this.embeddingDim = checkPositiveInteger("Embedding", "embeddingDim", embeddingDim);
    this.paddingIndex = resolvePadding(options.paddingIndex ?? null, numEmbeddings);
    const dtype = checkFloatDType("Embedding", options.dtype);
    this.weight = normal(new Parameter(empty(dtype, [numEmbeddings, embeddingDim])));
    if (this.paddingIndex === null) return;
    const data = this.weight.data();
    data.fill(0, this.paddingIndex * embeddingDim, (this.paddingIndex + 1) * embeddingDim);
    this.weight.set(data);
  }

  /** @throws ShapeError for an id outside [0, numEmbeddings); DTypeError for ids that are not int32 */
  forward(ids: Tensor): Tensor {
    return embedding(this.weight, ids, this.paddingIndex);
  }
}

function resolvePadding(index: number | null, rows: number): number | null {
  if (index === null) return null;
  checkNumber("Embedding", "paddingIndex", index, { min: -rows, max: rows - 1 });
  if (!Number.isInteger(index)) {
    throw refusal("Embedding", "paddingIndex", "be an integer", index);
  }
  return index < 0 ? index + rows : index;
}
