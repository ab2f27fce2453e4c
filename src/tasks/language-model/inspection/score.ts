import { noGrad } from "../../../autograd/index.js";
import { FormatError } from "../../../base/errors.js";
import { record } from "../../../diagnostics/record.js";
import { detachState } from "../../../nn/utils.js";
import { tensor } from "../../../tensor/index.js";
import { shownSteps, shownTokens } from "../../inspection/tokens.js";
import type { NamedSeries } from "../../score/following.js";
import { layerTracks } from "../../score/layer-tracks.js";
import { Expectations } from "../../score/next-track.js";
import type { BarsTrack, NextTrack, ScoreData } from "../../score/score-data.js";
import { surpriseTrack } from "../../score/surprise-track.js";
import { unitOf } from "../../tokens/unknown.js";
import { encodeText } from "../corpus.js";
import type { LanguageModel, RecurrentState } from "../model.js";
import { FEATURES, featureSeries } from "./features.js";

export interface ScoreOptions {
  /** Tokens to read, from the text's beginning. Default 2,000. */
  length?: number | undefined;
  /** Expectations that are kept at each step. Default 5. */
  top?: number | undefined;
  title?: string | undefined;
}

/** Tokens at once: a text of any length is read in bounded memory. */
const PIECE = 128;

/** The ids of a text's beginning. @throws FormatError for fewer than two tokens, or one that the vocabulary lacks */
export function scoreIds(model: LanguageModel, text: string | Uint8Array, length = 2000): Int32Array {
  const ids = encodeText(model.vocabulary, text);
  if (ids.length >= 2) return ids.slice(0, length);
  throw new FormatError({ op: "look", argument: "text", must: "have at least 2 tokens", value: String(ids.length) });
}

/** What a language model does as it reads a text, from a zero state. The model is left as it was. */
export function languageModelScore(
  model: LanguageModel,
  ids: Int32Array,
  { top = 5, title = "text" }: ScoreOptions = {},
): ScoreData {
  const { vocabulary, training } = model;
  const expected = new Expected(ids, Math.min(top, vocabulary.size));
  model.train(false);
  try {
    const layers = record(model, () => {
      let state: RecurrentState | undefined;
      for (let from = 0; from < ids.length; from += PIECE) {
        const piece = ids.slice(from, from + PIECE);
        const read = noGrad(() => model.forward(tensor(piece, { shape: [piece.length, 1] }), state));
        state = detachState(read[1] as object) as RecurrentState;
        expected.note(from, read[0].data(), vocabulary.size);
      }
    });
    const tokens = shownTokens(vocabulary, ids);
    const series = FEATURES.map(
      (feature): NamedSeries => ({ name: feature.name, values: featureSeries(feature, tokens) }),
    );
    return {
      ...{ title, unit: unitOf(vocabulary.kind), steps: shownSteps(vocabulary, ids) },
      tracks: [
        expected.next((id) => shownTokens(vocabulary, [id])[0].label),
        expected.surprise(unitOf(vocabulary.kind)),
        {
          ...{ kind: "gradient", id: "gradient", title: "gradient" },
          about: "From the prediction under the cursor back through time: what each earlier step does to it.",
        },
        ...layers.flatMap((layer) => layerTracks(layer, series)),
      ],
    };
  } finally {
    model.train(training);
  }
}

/** What the model expects at each step, and how surprised it was. */
class Expected {
  readonly #targets: Int32Array;
  readonly #next: Expectations;
  /** -log p of each token as the model saw it before; nothing was expected of the first. */
  readonly #surprise: Float32Array;

  constructor(ids: Int32Array, top: number) {
    this.#targets = ids;
    this.#next = new Expectations(ids.length, top);
    this.#surprise = new Float32Array(ids.length).fill(Number.NaN);
  }

  /** @param logits  [L, V] of the steps from `from` on */
  note(from: number, logits: ArrayLike<number>, size: number): void {
    for (let t = from; (t - from) * size < logits.length; t++) {
      const row = Float64Array.from({ length: size }, (_, v) => logits[(t - from) * size + v]);
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = row.reduce((sum, value) => sum + Math.exp(value - most), 0);
      const logOf = (value: number): number => value - most - Math.log(total);
      if (t + 1 < this.#targets.length) this.#surprise[t + 1] = -logOf(row[this.#targets[t + 1]]);
      this.#next.note(t, row, (score) => Math.exp(logOf(score)));
    }
  }

  next(nameOf: (id: number) => string): NextTrack {
    return this.#next.track(nameOf);
  }

  surprise(unit: string): BarsTrack {
    return surpriseTrack(this.#surprise, `−log p of each ${unit}, as the model saw it before it read it`);
  }
}
