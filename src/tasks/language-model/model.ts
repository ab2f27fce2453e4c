import { checkOptionsObject } from "../../base/check.js";
import { checkRoom } from "../../base/room.js";
import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { checkVocabulary } from "../../text/compare.js";
import type { Vocabulary } from "../../text/index.js";
import { type ResolvedConfig, resolveConfig } from "./config.js";
import { type EvaluateOptions, type Evaluation, evaluate } from "./evaluation.js";
import { type GenerateOptions, generate } from "./generate.js";

/** What a recurrent layer carries on: [K, N, H], and for the lstm its cell states too. */
export type RecurrentState = Tensor | { h: Tensor; c: Tensor };

/** LSTM, GRU and RNN as one: they differ in their state alone. */
interface Recurrent extends nn.Module {
  forward(x: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState];
}

/**
 * A recurrent language model: embedding, RNN, LSTM or GRU layers, and a head over the vocabulary.
 *   p(x_{t+1} | x_1 ... x_t) = softmax(W y_t + b),   y = rnn(embed(x))
 * Dropout acts on the embedding, between the layers and before the head. With `tie`, W is the embedding's matrix.
 * Sources: Mikolov et al. 2010; dropout, Zaremba et al. 2014; tied weights, Press & Wolf 2017.
 */
export class LanguageModel extends nn.Module {
  readonly config: ResolvedConfig;
  readonly vocabulary: Vocabulary;
  readonly embed: nn.Embedding;
  readonly rnn: Recurrent;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;

  /** Its first weights come from the default generator: `manualSeed` before it makes them repeatable. */
  constructor(config: ResolvedConfig, vocabulary: Vocabulary) {
    super();
    resolveConfig(config, "LanguageModel");
    checkVocabulary("LanguageModel", "vocabulary", vocabulary);
    const { embed, hidden, layers, dropout } = config;
    this.config = config;
    this.vocabulary = vocabulary;
    this.embed = new nn.Embedding(vocabulary.size, embed);
    const options = { numLayers: layers, dropout: layers > 1 ? dropout : 0 };
    const Cell = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU }[config.cell];
    this.rnn = new Cell(embed, hidden, options) as unknown as Recurrent;
    this.head = new nn.Linear(hidden, vocabulary.size);
    this.dropout = new nn.Dropout(dropout);
    if (!config.tie) return;
    // As a head, a matrix of standard normal numbers would start far from certain of anything; Linear's own suits both.
    this.embed.weight = this.head.weight;
  }

  /**
   * @param ids    int32 [L, N]
   * @param state  carried from the batch before; zeros when left out
   * @returns      logits [L, N, V], and the state to carry on
   */
  forward(ids: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState] {
    const [y, next] = this.features(ids, state);
    return [this.head.forward(y), next];
  }

  /**
   * Mean cross-entropy in nats, without the logits of all positions in memory at once.
   * @param targets  int32 [L, N]: the token after each of `ids`
   */
  loss(ids: Tensor, targets: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState] {
    const [y, next] = this.features(ids, state);
    return [nn.functional.linearCrossEntropy(y, this.head.weight, this.head.bias, targets), next];
  }

  /** What the head sees: [L, N, H]. */
  private features(ids: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState] {
    const [y, next] = this.rnn.forward(this.dropout.forward(this.embed.forward(ids)), state);
    return [this.dropout.forward(y), next];
  }

  /** Text drawn from the model, piece by piece as it comes. */
  stream(options: GenerateOptions = {}): globalThis.Generator<string, void, undefined> {
    return generate(this, options);
  }

  /**
   * Text drawn from the model as one string, without the prompt.
   * @throws OutOfMemoryError for more tokens than a string holds: `stream()` has no end
   */
  sample(options: GenerateOptions = {}): string {
    checkOptionsObject("sample", options);
    // A piece is a string of its own until they are joined.
    if (typeof options.length === "number") checkRoom(64 * options.length, "sample");
    return [...this.stream(options)].join("");
  }

  /** Loss, perplexity and bits of a text, or of the bytes of one. */
  evaluate(text: string | Uint8Array, options: EvaluateOptions = {}): Promise<Evaluation> {
    return evaluate(this, text, options);
  }
}
