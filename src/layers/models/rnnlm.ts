import { TimeAffine } from "../affine.js";
import { TimeEmbedding } from "../embedding.js";
import type { NdArray, RandomOptions } from "../nd-array.js";
import { TimeSoftmaxWithLoss } from "../softmax-with-loss.js";
import { TimeLSTM, TimeRNN } from "../time-recurrent.js";
import { affineParams, embeddingParams, recurrentParams } from "./initial-params.js";
import { checkSizes, Model } from "./model.js";

/** The layers of a language model with one recurrent layer. */
interface Chain {
  embed: TimeEmbedding;
  recurrent: TimeRNN | TimeLSTM;
  affine: TimeAffine;
}

/**
 * A language model: at every step it foretells the token of the next. The state is kept from one call to the next
 * (truncated backpropagation), until `resetState`.
 *   ids -> Embedding -> recurrent layer -> Affine -> scores
 */
abstract class ChainLanguageModel extends Model {
  readonly loss = new TimeSoftmaxWithLoss();
  readonly #chain: Chain;

  constructor(chain: Chain, name: "rnn" | "lstm") {
    super({ embed: chain.embed, [name]: chain.recurrent, affine: chain.affine });
    this.#chain = chain;
  }

  /** xs int32 [N, T] to the scores of the next tokens, [N, T, V]. */
  predict(xs: NdArray): NdArray {
    const { embed, recurrent, affine } = this.#chain;
    return affine.forward(recurrent.forward(embed.forward(xs)));
  }

  /** xs and ts int32 [N, T]: the tokens, and at each place the one that follows. */
  forward(xs: NdArray, ts: NdArray): number {
    return this.loss.forward(this.predict(xs), ts);
  }

  backward(dLoss = 1): void {
    const { embed, recurrent, affine } = this.#chain;
    const dScores = this.loss.backward(dLoss);
    embed.backward(recurrent.backward(affine.backward(dScores)));
  }

  resetState(): void {
    this.#chain.recurrent.resetState();
  }
}

/** With the simple recurrent layer. Source: Mikolov et al. 2010. */
export class SimpleRnnlm extends ChainLanguageModel {
  constructor(vocabSize: number, wordvecSize: number, hiddenSize: number, options: RandomOptions = {}) {
    checkSizes("SimpleRnnlm", { vocabSize, wordvecSize, hiddenSize }, options);
    const embed = new TimeEmbedding(embeddingParams(vocabSize, wordvecSize, options));
    const recurrent = new TimeRNN(...recurrentParams(1, wordvecSize, hiddenSize, options), { stateful: true });
    const affine = new TimeAffine(...affineParams(hiddenSize, vocabSize, options));
    super({ embed, recurrent, affine }, "rnn");
  }
}

/** With an LSTM. Source: Sundermeyer et al. 2012. */
export class Rnnlm extends ChainLanguageModel {
  constructor(vocabSize: number, wordvecSize: number, hiddenSize: number, options: RandomOptions = {}) {
    checkSizes("Rnnlm", { vocabSize, wordvecSize, hiddenSize }, options);
    const embed = new TimeEmbedding(embeddingParams(vocabSize, wordvecSize, options));
    const recurrent = new TimeLSTM(...recurrentParams(4, wordvecSize, hiddenSize, options), { stateful: true });
    const affine = new TimeAffine(...affineParams(hiddenSize, vocabSize, options));
    super({ embed, recurrent, affine }, "lstm");
  }
}
