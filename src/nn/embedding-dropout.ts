import { checkNumber, refusal } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { Embedding } from "./embedding.js";
import { embeddingDropout } from "./functional/regularization.js";
import { Module } from "./module.js";

/**
 * An embedding that forgets whole words in training: one that is dropped is zero wherever it occurs in the batch.
 * Parameters: those of `embedding`.
 * Source: Gal & Ghahramani 2016; Merity, Keskar & Socher 2018.
 * @example
 * const embed = new nn.EmbeddingDropout(new nn.Embedding(10000, 400), 0.1);
 * embed.forward(ids); // [L, N] gives [L, N, 400]
 */
export class EmbeddingDropout extends Module {
  embedding: Embedding;
  readonly p: number;

  /** @param p in [0, 1] */
  constructor(embedding: Embedding, p = 0.1) {
    super();
    if (!(embedding instanceof Embedding)) {
      const [op, argument] = ["EmbeddingDropout", "embedding"];
      throw refusal(op, argument, "be an Embedding", embedding);
    }
    this.embedding = embedding;
    this.p = checkNumber("EmbeddingDropout", "p", p, { min: 0, max: 1 });
  }

  /** @throws ShapeError for an id outside the table; DTypeError for ids that are not int32 */
  forward(ids: Tensor): Tensor {
    const { weight, settings } = this.embedding;
    return embeddingDropout(weight, ids, this.p, { training: this.training, ...settings });
  }
}
