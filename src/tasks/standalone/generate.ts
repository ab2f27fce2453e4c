import { checkString } from "../../base/check.js";
import type { Generator } from "../../base/random.js";
import type { Options } from "../commands.js";
import type { Condition } from "../generate/conditions.js";
import type { GenerateConfig } from "../generate/config.js";
import { meaningOf } from "../generate/meaning.js";
import { drawn, writtenOfText } from "../generate/writing.js";
import { sampleToken } from "../language-model/sampling.js";
import { numbersOf } from "../rows/number-columns.js";
import { endsOf } from "../tokens/vocabularies.js";
import { configOf, type Description } from "./description.js";
import { CELLS, type States } from "./net/cells.js";
import { Recurrent } from "./net/recurrent.js";
import { concatenated, linear, rowOf, sigmoid, type Weights, weightOf } from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

/** Cells whose state is a mean of what is never negative. */
const POSITIVE = ["min-gru", "min-lstm"];

/** A writer: texts of a class or of other conditions. */
export function make(description: Description, weights: Weights) {
  const config = configOf<GenerateConfig>(description);
  const meaning = meaningOf(description);
  const { pad, begin, end, unknown } = endsOf(meaning.vocabulary);
  const rnn = new Recurrent(weights, config.cell, "rnn");
  const [embed, head, bias] = ["embed.weight", "head.weight", "head.bias"].map((name) => weightOf(weights, name));
  const [beginning, beginBias] = [weightOf(weights, "begin.weight"), weightOf(weights, "begin.bias")];

  /** h_0 = tanh(W c + b), for a cell whose state may not be negative σ;  other states begin with 0 */
  const start = (condition: readonly number[]): States[] => {
    const all = linear(beginning, condition, beginBias).map(POSITIVE.includes(config.cell) ? sigmoid : Math.tanh);
    let at = 0;
    return rnn.sizes.map((hidden) => {
      const h = all.slice(at, at + hidden);
      at += hidden;
      return CELLS[config.cell].states === 1 ? [h] : [h, new Float64Array(hidden)];
    });
  };
  /** Texts side by side, a token of each in turn: so they draw the numbers that the library's do. */
  const draw = (given: readonly Condition[], temperature: number, generator: Generator): number[][] => {
    const texts = given.map((condition) => {
      const numbers = numbersOf(meaning.conditions, condition);
      return { numbers, states: start(numbers), ids: [] as number[], last: begin };
    });
    let open = texts;
    for (let left = config.maxLength ?? 1000; left > 0 && open.length > 0; left--) {
      for (const text of open) {
        const { outputs, states } = rnn.run([concatenated([rowOf(embed, text.last), text.numbers])], text.states);
        const scores = linear(head, outputs[0], bias);
        for (const id of [pad, begin, unknown]) if (id >= 0) scores[id] = -Infinity;
        text.last = sampleToken(scores, { temperature }, generator);
        text.states = states;
        if (text.last !== end) text.ids.push(text.last);
      }
      open = open.filter(({ last }) => last !== end);
    }
    return texts.map(({ ids }) => ids);
  };
  return {
    generate: (options: Options = {}) => [...drawn({ meaning, draw }, options)],
    predict(condition: string, options: Options = {}) {
      checkString("predict", "condition", condition);
      return writtenOfText({ meaning, draw }, meaning, condition, options).map(({ values }) => values);
    },
  };
}
