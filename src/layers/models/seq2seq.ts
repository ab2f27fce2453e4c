import { checkNonNegativeInteger, checkPositiveInteger } from "../../base/check.js";
import { checkRoom } from "../../base/room.js";
import { stack, stepsOf, swapBatchAndTime } from "../arrange.js";
import { checkInput } from "../layer.js";
import { argmax } from "../math.js";
import { type NdArray, type RandomOptions, zeros } from "../nd-array.js";
import { TimeSoftmaxWithLoss } from "../softmax-with-loss.js";
import { AttentionDecoder, type Decoder, Encoder, PeekyDecoder, PlainDecoder, type SequenceSizes } from "./decoders.js";
import { checkSizes, Model } from "./model.js";

/**
 * One sequence into another: an encoder reads xs, a decoder begins where it ended and writes ts, each token from those
 * before it (teacher forcing).
 */
abstract class EncoderDecoder<D extends Decoder> extends Model {
  readonly loss = new TimeSoftmaxWithLoss();
  readonly encoder: Encoder;
  readonly decoder: D;

  constructor(encoder: Encoder, decoder: D) {
    super({
      "encoder.embed": encoder.embed,
      "encoder.lstm": encoder.lstm,
      "decoder.embed": decoder.embed,
      "decoder.lstm": decoder.lstm,
      "decoder.affine": decoder.affine,
    });
    this.encoder = encoder;
    this.decoder = decoder;
  }

  /** xs int32 [N, T], ts int32 [N, T'+1]: the start token, then what is to be written. */
  forward(xs: NdArray, ts: NdArray): number {
    checkInput("Seq2seq.forward", "xs", xs, ["N", "T"], "int32");
    const { shape } = checkInput("Seq2seq.forward", "ts", ts, [xs.shape[0], "T'+1"], "int32");
    const steps = shape[1];
    this.decoder.begin(this.encoder.forward(xs));
    const scores = this.decoder.forward(stepsOf(ts, 0, steps - 1));
    return this.loss.forward(scores, stepsOf(ts, 1, steps));
  }

  backward(dLoss = 1): void {
    this.encoder.backward(this.decoder.backward(this.loss.backward(dLoss)));
  }

  /** The likeliest token at each of `length` steps, each fed back as the next input: int32 [N, length]. */
  generate(xs: NdArray, startId: number, length: number): NdArray {
    checkPositiveInteger("Seq2seq.generate", "length", length);
    checkNonNegativeInteger("Seq2seq.generate", "startId", startId);
    checkInput("Seq2seq.generate", "xs", xs, ["N", "T"], "int32");
    checkRoom(4 * xs.shape[0] * length);
    let ids = zeros([xs.shape[0], 1], "int32");
    ids.data.fill(startId);
    this.decoder.begin(this.encoder.forward(xs));
    const written: NdArray[] = [];
    for (let step = 0; step < length; step++) {
      ids = argmax(this.decoder.forward(ids));
      written.push(ids.reshape(ids.size));
    }
    return swapBatchAndTime(stack(written));
  }
}

function sizesOf(
  op: string,
  vocabSize: number,
  wordvecSize: number,
  hiddenSize: number,
  options: RandomOptions,
): SequenceSizes {
  const sizes = { vocabSize, wordvecSize, hiddenSize };
  checkSizes(op, { ...sizes }, options);
  return sizes;
}

/** All that the decoder learns of xs is the encoder's last state. Source: Sutskever et al. 2014. */
export class Seq2seq extends EncoderDecoder<PlainDecoder> {
  constructor(vocabSize: number, wordvecSize: number, hiddenSize: number, options: RandomOptions = {}) {
    const sizes = sizesOf("Seq2seq", vocabSize, wordvecSize, hiddenSize, options);
    super(new Encoder(sizes, options), new PlainDecoder(sizes, options));
  }
}

/** The decoder sees the encoder's last state at every step. Source: Cho et al. 2014. */
export class PeekySeq2seq extends EncoderDecoder<PeekyDecoder> {
  constructor(vocabSize: number, wordvecSize: number, hiddenSize: number, options: RandomOptions = {}) {
    const sizes = sizesOf("PeekySeq2seq", vocabSize, wordvecSize, hiddenSize, options);
    super(new Encoder(sizes, options), new PeekyDecoder(sizes, options));
  }
}

/** The decoder looks at all the encoder's states, and chooses. Source: Bahdanau et al. 2015, Luong et al. 2015. */
export class AttentionSeq2seq extends EncoderDecoder<AttentionDecoder> {
  constructor(vocabSize: number, wordvecSize: number, hiddenSize: number, options: RandomOptions = {}) {
    const sizes = sizesOf("AttentionSeq2seq", vocabSize, wordvecSize, hiddenSize, options);
    super(new Encoder(sizes, options), new AttentionDecoder(sizes, options));
  }

  /** Where each step of the last forward pass looked: [N, T', T]. */
  get attentionWeight(): NdArray | null {
    return this.decoder.attention.attentionWeight;
  }
}
