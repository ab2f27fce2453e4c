import { TimeAffine } from "../affine.js";
import { atStep, concatLast, repeatOverTime, splitLast, stepOf } from "../arrange.js";
import { TimeAttention } from "../attention.js";
import { TimeEmbedding } from "../embedding.js";
import { requireCache } from "../layer.js";
import { add, sumRows } from "../math.js";
import type { NdArray, RandomOptions } from "../nd-array.js";
import { TimeLSTM } from "../time-recurrent.js";
import { affineParams, embeddingParams, recurrentParams } from "./initial-params.js";

export interface SequenceSizes {
  vocabSize: number;
  /** D */
  wordvecSize: number;
  /** H */
  hiddenSize: number;
}

/** Reads a sequence: xs int32 [N, T] to all its hidden states hs [N, T, H]. */
export class Encoder {
  readonly embed: TimeEmbedding;
  readonly lstm: TimeLSTM;

  constructor({ vocabSize, wordvecSize, hiddenSize }: SequenceSizes, options: RandomOptions) {
    this.embed = new TimeEmbedding(embeddingParams(vocabSize, wordvecSize, options));
    this.lstm = new TimeLSTM(...recurrentParams(4, wordvecSize, hiddenSize, options));
  }

  forward(xs: NdArray): NdArray {
    return this.lstm.forward(this.embed.forward(xs));
  }

  backward(dhs: NdArray): void {
    this.embed.backward(this.lstm.backward(dhs));
  }
}

/** Writes a sequence, from what the encoder made of another. */
export abstract class Decoder {
  readonly embed: TimeEmbedding;
  readonly lstm: TimeLSTM;
  readonly affine: TimeAffine;
  /** What the encoder gave, [N, T, H]. */
  protected hsEnc: NdArray | null = null;

  /** @param beside how wide is what comes beside each input of the LSTM, and beside its output into the read-out */
  constructor(
    { vocabSize, wordvecSize, hiddenSize }: SequenceSizes,
    options: RandomOptions,
    { besideInput = 0, besideOutput = 0 } = {},
  ) {
    this.embed = new TimeEmbedding(embeddingParams(vocabSize, wordvecSize, options));
    const lstmParams = recurrentParams(4, besideInput + wordvecSize, hiddenSize, options);
    this.lstm = new TimeLSTM(...lstmParams, { stateful: true });
    this.affine = new TimeAffine(...affineParams(besideOutput + hiddenSize, vocabSize, options));
  }

  /** Takes over the encoder's last state. */
  begin(hsEnc: NdArray): void {
    this.hsEnc = hsEnc;
    this.lstm.setState(stepOf(hsEnc, -1));
  }

  /** xs int32 [N, T'] to scores [N, T', V], from where the last call ended. */
  abstract forward(xs: NdArray): NdArray;

  /** dScores [N, T', V] to dhsEnc [N, T, H]. */
  abstract backward(dScores: NdArray): NdArray;

  /** The gradient of the encoder's states when only the last one was used. */
  protected atLastState(dh: NdArray): NdArray {
    return atStep(dh, -1, requireCache("Decoder.backward", this.hsEnc).shape[1]);
  }
}

/** The encoder's last state is the first of the LSTM, and all it gets. */
export class PlainDecoder extends Decoder {
  override forward(xs: NdArray): NdArray {
    return this.affine.forward(this.lstm.forward(this.embed.forward(xs)));
  }

  override backward(dScores: NdArray): NdArray {
    this.embed.backward(this.lstm.backward(this.affine.backward(dScores)));
    return this.atLastState(this.lstm.dh!);
  }
}

/** The encoder's last state is shown to the LSTM and to the read-out at every step. Source: Cho et al. 2014. */
export class PeekyDecoder extends Decoder {
  readonly #peekSize: number;

  constructor(sizes: SequenceSizes, options: RandomOptions) {
    super(sizes, options, { besideInput: sizes.hiddenSize, besideOutput: sizes.hiddenSize });
    this.#peekSize = sizes.hiddenSize;
  }

  override forward(xs: NdArray): NdArray {
    const hEnc = stepOf(requireCache("PeekyDecoder.forward", this.hsEnc), -1);
    const peek = repeatOverTime(hEnc, xs.shape[1]);
    const hs = this.lstm.forward(concatLast(peek, this.embed.forward(xs)));
    return this.affine.forward(concatLast(peek, hs));
  }

  override backward(dScores: NdArray): NdArray {
    const peekSize = this.#peekSize;
    const { hiddenSize, inputSize } = this.lstm;
    const [dPeekOut, dhs] = splitPair(this.affine.backward(dScores), peekSize, hiddenSize);
    const [dPeekIn, dEmbedded] = splitPair(this.lstm.backward(dhs), peekSize, inputSize - peekSize);
    this.embed.backward(dEmbedded);
    const dPeek = sumRows(add(dPeekOut, dPeekIn));
    return this.atLastState(add(dPeek, this.lstm.dh!));
  }
}

/** At every step, a weighted sum of all the encoder's states is shown to the read-out. Source: Luong et al. 2015. */
export class AttentionDecoder extends Decoder {
  readonly attention = new TimeAttention();

  constructor(sizes: SequenceSizes, options: RandomOptions) {
    super(sizes, options, { besideOutput: sizes.hiddenSize });
  }

  override forward(xs: NdArray): NdArray {
    const hsDec = this.lstm.forward(this.embed.forward(xs));
    const cs = this.attention.forward(requireCache("AttentionDecoder.forward", this.hsEnc), hsDec);
    return this.affine.forward(concatLast(cs, hsDec));
  }

  override backward(dScores: NdArray): NdArray {
    const { hiddenSize } = this.lstm;
    const [dcs, dhsOut] = splitPair(this.affine.backward(dScores), hiddenSize, hiddenSize);
    const [dhsEnc, dhsAttention] = this.attention.backward(dcs);
    this.embed.backward(this.lstm.backward(add(dhsOut, dhsAttention)));
    return add(dhsEnc, this.atLastState(this.lstm.dh!));
  }
}

function splitPair(x: NdArray, first: number, second: number): [NdArray, NdArray] {
  return splitLast(x, [first, second]) as [NdArray, NdArray];
}
