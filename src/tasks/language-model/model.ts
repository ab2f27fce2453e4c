import { checkOptionsObject } from "../../base/check.js";
import { checkRoom } from "../../base/room.js";
import * as nn from "../../nn/index.js";
import { type TextModel, textFeatures, textLoss } from "../../nn/models/text-model.js";
import { Tensor } from "../../tensor/index.js";
import { checkVocabulary } from "../../text/compare.js";
import type { Vocabulary } from "../../text/index.js";
import { recurrentLayers } from "../recurrent/layers.js";
import { layerSizes, outputSize, type ResolvedConfig, resolveConfig } from "./config.js";
import { type EvaluateOptions, type Evaluation, evaluate } from "./evaluation.js";
import { type GenerateOptions, generate, generateBytes } from "./generate.js";

/** h [K, N, H], and of a cell that has them its cell states too. */
type LayersState = Tensor | { h: Tensor; c: Tensor };

/** What the recurrent layers carry on; a list, one a layer, where each is a module of its own. */
export type RecurrentState = LayersState | readonly LayersState[];

/**
 * A recurrent language model: embedding, layers of any cell of `nn`, and a head over the vocabulary.
 *   p(x_{t+1} | x_1 ... x_t) = softmax(W y_t + b),   y = rnn(embed(x))
 * Dropout acts on the embedding, between the layers and before the head. With `tie`, W is the embedding's matrix.
 * Sources: Mikolov et al. 2010; dropout, Zaremba et al. 2014; tied weights, Press & Wolf 2017; all else that regularises it,
 * Merity, Keskar & Socher 2018.
 */
export class LanguageModel extends nn.Module {
  readonly config: ResolvedConfig;
  readonly vocabulary: Vocabulary;
  readonly embed: nn.Embedding;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  readonly #rates: ResolvedConfig;

  /** Its first weights come from the default generator: `manualSeed` before it makes them repeatable. */
  constructor(config: ResolvedConfig, vocabulary: Vocabulary) {
    super();
    this.#rates = resolveConfig(config, "LanguageModel");
    checkVocabulary("LanguageModel", "vocabulary", vocabulary);
    const { embed, dropout, initRange, tie } = this.#rates;
    this.config = config;
    this.vocabulary = vocabulary;
    this.embed = new nn.Embedding(vocabulary.size, embed);
    if (initRange !== null) nn.init.uniform(this.embed.weight, -initRange, initRange);
    this.rnn = recurrentLayers(layerSizes(this.#rates));
    this.head = new nn.Linear(outputSize(this.#rates), vocabulary.size);
    this.dropout = new nn.Dropout(dropout);
    if (initRange !== null) {
      nn.init.zeros(this.head.bias!);
      if (tie) nn.tieWeights(this.embed, this.head);
      else nn.init.uniform(this.head.weight, -initRange, initRange);
    } else if (tie) {
      // As a head, a matrix of standard normal numbers would start far from certain of anything; Linear's own suits both.
      this.embed.weight = this.head.weight;
    }
  }

  /**
   * @param ids    int32 [L, N]
   * @param state  carried from the batch before; zeros when left out
   * @returns      logits [L, N, V], and the state to carry on
   */
  forward(ids: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState] {
    const { output, states } = textFeatures(this.#parts(), ids, state);
    return [this.head.forward(output), states];
  }

  /**
   * What to minimise: the mean cross-entropy in nats, without the logits of all positions in memory at once; in training with what
   * `ar` and `tar` add.
   * @param targets  int32 [L, N]: the token after each of `ids`
   */
  loss(ids: Tensor, targets: Tensor, state?: RecurrentState): readonly [Tensor, RecurrentState] {
    const { loss, states } = this.losses(ids, targets, state);
    return [loss, states];
  }

  /** @internal What to minimise, and the cross-entropy by itself. */
  losses(ids: Tensor, targets: Tensor, state?: RecurrentState) {
    const steps = ids instanceof Tensor ? ids.shape[0] : 1;
    return textLoss("LanguageModel.loss", this.#parts(steps), { ids, targets }, state);
  }

  /** @internal The state to carry on after `ids`, without what the head would say. */
  statesAfter(ids: Tensor, state?: RecurrentState): RecurrentState {
    return textFeatures(this.#parts(), ids, state).states;
  }

  /** @param steps  of one alone nothing changes, and TAR is 0 */
  #parts(steps = 1): TextModel<nn.RecurrentModule> {
    const { training, rnn: layers, head } = this;
    const { inputDropout, outputDropout, embeddingDropout, ar: alpha, tar } = this.#rates;
    const embed = (ids: Tensor): Tensor =>
      nn.functional.embeddingDropout(this.embed.weight, ids, embeddingDropout, { training });
    const rates = { dropout: this.dropout.p, inputDropout, outputDropout, alpha, beta: steps > 1 ? tar : 0 };
    return { training, embed, layers, head, rates };
  }

  /** Text drawn from the model, piece by piece as it comes. @throws OptionError for a bad option; FormatError for a prompt it cannot read */
  stream(options: GenerateOptions = {}): globalThis.Generator<string, void, undefined> {
    return generate(this, options);
  }

  /** Bytes as they are drawn: a byte model's own, which need not be UTF-8, and the UTF-8 of other models' text. */
  streamBytes(options: GenerateOptions = {}): globalThis.Generator<Uint8Array, void, undefined> {
    return generateBytes(this, options);
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
