import { checkKnownOptions, checkNonNegativeInteger, checkString } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { Generator } from "../../base/random.js";
import { vocabularyFromJSON } from "../../text/build.js";
import type { GenerateOptions } from "../language-model/generate.js";
import { checkSamplingOptions, sampleToken } from "../language-model/sampling.js";
import { startOf } from "../language-model/start.js";
import { configOf, type Description } from "./description.js";
import type { States } from "./net/cells.js";
import { Recurrent } from "./net/recurrent.js";
import { linear, rowOf, softmax, type Vector, type Weights, weightOf } from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

const OPTIONS = ["prompt", "length", "seed", "temperature", "topK", "topP"];

/** A language model: it writes on, token by token. */
export function make(description: Description, weights: Weights) {
  const vocabulary = vocabularyFromJSON(description["vocabulary"]);
  const rnn = new Recurrent(weights, configOf<{ cell: string }>(description).cell, "rnn");
  const embed = weightOf(weights, "embed.weight");
  // With tied weights one matrix serves both ends.
  const [head, bias] = [weights.get("head.weight") ?? embed, weightOf(weights, "head.bias")];

  /** The scores of what comes after tokens, and the state to go on from. */
  const read = (ids: ArrayLike<number>, from?: readonly States[]): [scores: Vector, states: States[]] => {
    const x = Array.from(ids, (id) => rowOf(embed, id));
    const { outputs, states } = rnn.run(x, from);
    return [linear(head, outputs[outputs.length - 1], bias), states];
  };
  const beginning = (op: string, prompt: string): Int32Array => {
    const ids = prompt === "" ? startOf(vocabulary) : vocabulary.encode(prompt);
    if (ids.length > 0) return ids;
    const must = "hold a token of the model";
    throw new OptionError({ op, argument: "prompt", must, value: "only white space" });
  };
  function* stream(options: GenerateOptions = {}): globalThis.Generator<string, void, undefined> {
    const op = "generate";
    checkKnownOptions(op, options, OPTIONS);
    const { prompt = "", length = 500, seed = 0, ...sampling } = options;
    checkString(op, "prompt", prompt);
    checkNonNegativeInteger(op, "length", length);
    checkSamplingOptions(sampling, op);
    const generator = new Generator(seed);
    const text = vocabulary.stream();
    // A word vocabulary puts spaces between tokens: after a prompt the stream has to know what came last.
    if (prompt !== "") for (const id of vocabulary.encode(prompt)) text.push(id);
    let [scores, states] = read(beginning(op, prompt));
    for (let i = 0; i < length; i++) {
      const id = sampleToken(scores, sampling, generator);
      const piece = text.push(id);
      if (piece !== "") yield piece;
      if (i + 1 < length) [scores, states] = read([id], states);
    }
    const rest = text.end();
    if (rest !== "") yield rest;
  }
  const next = (prompt = "") => {
    const op = "next";
    checkString(op, "prompt", prompt);
    const [scores] = read(beginning(op, prompt));
    const all = Array.from(softmax(scores), (probability, id) => ({ token: vocabulary.tokenOf(id), probability }));
    return all.sort((a, b) => b.probability - a.probability);
  };
  return { generate: (options?: GenerateOptions) => [...stream(options)].join(""), stream, next };
}
