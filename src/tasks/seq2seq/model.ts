import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import { recurrentLayers } from "../recurrent/layers.js";
import { joinDirections, lastHidden, type RowState } from "../recurrent/states.js";
import { type Ends, endsOf } from "../tokens/vocabularies.js";
import type { Seq2SeqConfig } from "./config.js";
import { readIds } from "./copying.js";
import type { Meaning } from "./data.js";

/** What the encoder makes of sources. */
export interface Encoded {
  /** [S, N, H] */
  outputs: Tensor;
  /** Of each source; null where all have the same. */
  lengths: readonly number[] | null;
  /** What it ends with, as the decoder begins: [K, N, H] each. */
  state: RowState;
  /** h of the highest layer, [N, H]. */
  last: Tensor;
  /** What stands at each step of the sources, ids [S, N] that may be copied; null where nothing is. */
  origins: Tensor | null;
}

/** What one step of the decoder hands to the next. */
export interface Decoding {
  state: RowState;
  /** With input feeding what the head read in the step before, [1, N, H]; else null. */
  fed: Tensor | null;
}

export interface Decoded {
  /** [T, N, V] */
  logits: Tensor;
  next: Decoding;
  /** Where the decoder looked, [N, T, S]; null without attention. */
  weights: Tensor | null;
  /** Where tokens are copied: the logit of writing one of the vocabulary instead, [T, N, 1]. */
  gate: Tensor | null;
}

/** What the decoder's lowest layer reads of a step. */
export function decoderInput({ embed, hidden, peeky, inputFeeding }: Seq2SeqConfig): number {
  return embed + (peeky ? hidden : 0) + (inputFeeding ? hidden : 0);
}

/**
 * Many to many, unaligned: an encoder reads a source, and a decoder writes the target, beginning with what the encoder ended with.
 * Without input feeding the steps of a known target are one call of the kernels.
 *   h~_t = tanh(W [c_t; h_t]) with attention's c_t, else h_t;  logits = head([h~_t; what is peeked at])
 * With `copy` a token is written of the vocabulary or taken from the source (copying.ts).
 * Source: Sutskever et al. 2014 (reversed source); Cho et al. 2014 (peeking); Luong et al. 2015 (attention, input feeding).
 */
export class EncoderDecoder extends nn.Module {
  readonly embedSource: nn.Embedding;
  readonly embedTarget: nn.Embedding;
  readonly encoder: nn.RecurrentModule;
  readonly decoder: nn.RecurrentModule;
  readonly attention: nn.Attention | null;
  readonly combine: nn.Linear | null;
  readonly pointer: nn.Linear | null;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  readonly config: Seq2SeqConfig;
  readonly ends: Ends;

  constructor(config: Seq2SeqConfig, { source, target }: Meaning) {
    super();
    const { hidden, embed, attention, bidirectional, peeky } = config;
    this.embedSource = new nn.Embedding(source.size, embed);
    this.embedTarget = new nn.Embedding(target.size, embed);
    this.encoder = recurrentLayers({ ...config, input: embed, hidden: bidirectional ? hidden / 2 : hidden });
    this.decoder = recurrentLayers({ ...config, input: decoderInput(config), bidirectional: false });
    this.attention = attention === "none" ? null : new nn.Attention(hidden, { score: attention });
    this.combine = attention === "none" ? null : new nn.Linear(2 * hidden, hidden, { bias: false });
    this.pointer = config.copy ? new nn.Linear(2 * hidden + embed, 1) : null;
    this.head = new nn.Linear(hidden * (peeky ? 2 : 1), target.size);
    this.dropout = new nn.Dropout(config.dropout);
    this.config = config;
    this.ends = endsOf(target);
  }

  /** @param source  ids [S, N], zero beyond a source's end */
  encode(source: Tensor, lengths: readonly number[]): Encoded {
    return this.encodeRead(this.read(source), lengths, source);
  }

  /** A source as the encoder reads it, [S, N, E]. */
  read(source: Tensor): Tensor {
    return this.#read(this.embedSource, source);
  }

  /** @param x  what `read` gives of a source */
  encodeRead(x: Tensor, lengths: readonly number[], source: Tensor): Encoded {
    const [outputs, ended] = this.encoder.forward(x, null, { lengths }) as readonly [Tensor, RowState];
    const state = this.config.bidirectional ? joinDirections(ended) : ended;
    const last = lastHidden(state, this.config.hidden);
    const isEven = lengths.every((length) => length === lengths[0]);
    return { outputs, lengths: isEven ? null : lengths, state, last, origins: this.config.copy ? source : null };
  }

  /** Where the decoder begins. */
  begin({ state, last }: Encoded): Decoding {
    const fed = this.config.inputFeeding ? last.mul(0).unsqueeze(0) : null;
    return { state, fed };
  }

  /** Steps of the decoder. @param written  the token before each, ids [T, N] */
  decode(encoded: Encoded, written: Tensor, from: Decoding): Decoded {
    return this.decodeRead(encoded, this.readWritten(written), from);
  }

  /** What was written as the decoder reads it, [T, N, E]. */
  readWritten(written: Tensor): Tensor {
    return this.#read(this.embedTarget, written);
  }

  /** @param x  what `readWritten` gives */
  decodeRead(encoded: Encoded, x: Tensor, from: Decoding): Decoded {
    if (from.fed === null) return this.#steps(encoded, x, from);
    const steps: Decoded[] = [];
    for (let t = 0, before = from; t < x.shape[0]; t++) {
      const step = this.#steps(encoded, x.narrow(0, t, 1), before);
      before = step.next;
      steps.push(step);
    }
    return joinedSteps(steps);
  }

  #read(embed: nn.Embedding, ids: Tensor): Tensor {
    const { embeddingDropout, inputDropout } = this.config;
    const options = { training: this.training };
    const known = this.config.copy ? readIds(ids, embed.numEmbeddings, this.ends.unknown) : ids;
    const x = nn.functional.embeddingDropout(embed.weight, known, embeddingDropout, options);
    return this.dropout.forward(nn.functional.lockedDropout(x, inputDropout, options));
  }

  #steps({ outputs, lengths, last }: Encoded, x: Tensor, { state, fed }: Decoding): Decoded {
    const { peeky } = this.config;
    const [steps, batch] = x.shape as [number, number, number];
    const peeked = peeky ? [last.unsqueeze(0).expand(steps, batch, last.shape[1])] : [];
    const inputs = [x, ...peeked, ...(fed === null ? [] : [fed])];
    const read = inputs.length === 1 ? x : concat(inputs, 2);
    const [h, next] = this.decoder.forward(read, state) as readonly [Tensor, RowState];
    let [found, weights, gate]: [Tensor, Tensor | null, Tensor | null] = [h, null, null];
    if (this.attention !== null) {
      const [context, where] = this.attention.forward(h, outputs, lengths === null ? {} : { lengths });
      found = this.combine!.forward(concat([context, h], 2)).tanh();
      weights = where;
      gate = this.pointer?.forward(concat([context, h, x], 2)) ?? null;
    }
    const shown = this.dropout.forward(found);
    const logits = this.head.forward(peeky ? concat([shown, ...peeked], 2) : shown);
    return { logits, next: { state: next, fed: fed === null ? null : found }, weights, gate };
  }
}

/** Steps of the decoder one after the other as one. */
export function joinedSteps(steps: readonly Decoded[]): Decoded {
  if (steps.length === 1) return steps[0];
  const all = (of: (step: Decoded) => Tensor | null, axis: number) =>
    of(steps[0]) === null
      ? null
      : concat(
          steps.map((step) => of(step)!),
          axis,
        );
  return {
    logits: all(({ logits }) => logits, 0)!,
    next: steps.at(-1)!.next,
    weights: all(({ weights }) => weights, 1),
    gate: all(({ gate }) => gate, 0),
  };
}
