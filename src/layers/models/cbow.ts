import { Affine } from "../affine.js";
import { repeatOverTime } from "../arrange.js";
import { TimeEmbedding } from "../embedding.js";
import { requireCache } from "../layer.js";
import { scale, sumRows } from "../math.js";
import type { NdArray, RandomOptions } from "../nd-array.js";
import { SoftmaxWithLoss } from "../softmax-with-loss.js";
import { affineParams, embeddingParams } from "./initial-params.js";
import { checkSizes, Model } from "./model.js";

/**
 * Continuous bag of words: a token from the mean of the tokens in a window about it.
 *   h = 1/C Σ_c W_in[context_c]   scores = h W_out
 * A sum forgets the order of its terms, so "you say" and "say you" foretell the same: what a recurrent layer is for.
 * The window may lie on both sides of the target or, as in a language model, before it.
 * Source: Mikolov et al. 2013.
 */
export class CBOW extends Model {
  readonly loss = new SoftmaxWithLoss();
  readonly embed: TimeEmbedding;
  readonly affine: Affine;
  #windowSize: number | null = null;

  constructor(vocabSize: number, hiddenSize: number, options: RandomOptions = {}) {
    checkSizes("CBOW", { vocabSize, hiddenSize }, options);
    const embed = new TimeEmbedding(embeddingParams(vocabSize, hiddenSize, options));
    const affine = new Affine(affineParams(hiddenSize, vocabSize, options)[0]);
    super({ embed, affine });
    [this.embed, this.affine] = [embed, affine];
  }

  /** The word vectors, [V, H]. */
  get wordVectors(): NdArray {
    return this.embed.W;
  }

  /** contexts int32 [N, C] to scores [N, V]. */
  predict(contexts: NdArray): NdArray {
    const vectors = this.embed.forward(contexts);
    this.#windowSize = contexts.shape[1];
    return this.affine.forward(scale(sumRows(vectors), 1 / this.#windowSize));
  }

  /** contexts int32 [N, C], targets int32 [N] */
  forward(contexts: NdArray, targets: NdArray): number {
    return this.loss.forward(this.predict(contexts), targets);
  }

  backward(dLoss = 1): void {
    const windowSize = requireCache("CBOW.backward", this.#windowSize);
    const dh = this.affine.backward(this.loss.backward(dLoss));
    this.embed.backward(repeatOverTime(scale(dh, 1 / windowSize), windowSize));
  }
}
