import { TimeAffine } from "../affine.js";
import { TimeEmbedding } from "../embedding.js";
import { type NdArray, RANDOM, type RandomOptions, zeros } from "../nd-array.js";
import { TimeSoftmaxWithLoss } from "../softmax-with-loss.js";
import { TimeDropout } from "../time-dropout.js";
import { TimeLSTM } from "../time-recurrent.js";
import { embeddingParams, recurrentParams } from "./initial-params.js";
import { checkSizes, Model } from "./model.js";

export interface BetterRnnlmOptions extends RandomOptions {
  /** Probability. Default 0.5. */
  dropout?: number | undefined;
}

/**
 * A better language model: two LSTM layers, dropout between all layers, and one matrix for the embedding and the read-out.
 *   ids -> Embedding -> dropout -> LSTM -> dropout -> LSTM -> dropout -> Affine (W = the embedding's, transposed) -> scores
 * The shared matrix appears twice in `params`; optimisers add its two gradients.
 * Source: Zaremba et al. 2014 (dropout), Press & Wolf 2017 and Inan et al. 2017 (tying).
 */
export class BetterRnnlm extends Model {
  readonly loss = new TimeSoftmaxWithLoss();
  readonly embed: TimeEmbedding;
  readonly lstms: readonly [TimeLSTM, TimeLSTM];
  readonly affine: TimeAffine;
  /** After the embedding, and after each LSTM. */
  readonly dropouts: readonly [TimeDropout, TimeDropout, TimeDropout];

  /** @param hiddenSize of the LSTMs and of the embedding: sharing the matrix needs them equal */
  constructor(vocabSize: number, hiddenSize: number, options: BetterRnnlmOptions = {}) {
    checkSizes("BetterRnnlm", { vocabSize, hiddenSize }, options, [...RANDOM, "dropout"]);
    const { dropout = 0.5, generator, dtype } = options;
    const random = { generator, dtype };
    const W = embeddingParams(vocabSize, hiddenSize, random);
    const lstm = () => new TimeLSTM(...recurrentParams(4, hiddenSize, hiddenSize, random), { stateful: true });
    const embed = new TimeEmbedding(W);
    const lstms = [lstm(), lstm()] as const;
    const affine = new TimeAffine(W, zeros([vocabSize], dtype), { tied: true });
    super({ embed, lstm: lstms, affine });
    const drop = () => new TimeDropout(dropout, generator);
    [this.embed, this.lstms, this.affine, this.dropouts] = [embed, lstms, affine, [drop(), drop(), drop()]];
  }

  /** Whether dropout acts; switch it off to evaluate. */
  set train(on: boolean) {
    for (const dropout of this.dropouts) dropout.train = on;
  }

  /** xs int32 [N, T] to the scores of the next tokens, [N, T, V]. */
  predict(xs: NdArray): NdArray {
    const [afterEmbed, afterFirst, afterSecond] = this.dropouts;
    let hs = afterEmbed.forward(this.embed.forward(xs));
    hs = afterFirst.forward(this.lstms[0].forward(hs));
    hs = afterSecond.forward(this.lstms[1].forward(hs));
    return this.affine.forward(hs);
  }

  /** xs and ts int32 [N, T] */
  forward(xs: NdArray, ts: NdArray): number {
    return this.loss.forward(this.predict(xs), ts);
  }

  backward(dLoss = 1): void {
    const [afterEmbed, afterFirst, afterSecond] = this.dropouts;
    let dhs = this.affine.backward(this.loss.backward(dLoss));
    dhs = this.lstms[1].backward(afterSecond.backward(dhs));
    dhs = this.lstms[0].backward(afterFirst.backward(dhs));
    this.embed.backward(afterEmbed.backward(dhs));
  }

  resetState(): void {
    for (const lstm of this.lstms) lstm.resetState();
  }
}
