import { checkKnownOptions, checkNumber, checkPositiveInteger, checkString, refusal } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { Generator } from "../../base/random.js";

export interface SamplingOptions {
  /** Logits are divided by it: below 1 bolder, above 1 more varied; 0 takes the most likely token. Default 1. */
  temperature?: number | undefined;
  /** Draw among the k most likely tokens only. */
  topK?: number | undefined;
  /** Draw among the fewest most likely tokens whose probabilities sum to at least p, in (0, 1]. */
  topP?: number | undefined;
}

const OP = "sampleToken";

/** @throws OptionError naming the option */
export function checkSamplingOptions(options: SamplingOptions, op = OP): void {
  checkString(OP, "op", op);
  checkKnownOptions(op, options, ["temperature", "topK", "topP"]);
  const { temperature, topK, topP } = options;
  if (temperature !== undefined) checkNumber(op, "temperature", temperature, { min: 0 });
  if (topK !== undefined) checkPositiveInteger(op, "topK", topK);
  if (topP !== undefined) checkNumber(op, "topP", topP, { min: 0, openMin: true, max: 1 });
}

/**
 * Draws a token from softmax(logits / temperature), cut to the top k and then to the nucleus of p. Temperature 0 is
 * argmax (the first of equals) and draws no random number. Cuts that keep every token draw what no cut draws.
 * @param logits [V], -Infinity for tokens that must not come
 * @throws OptionError for options out of range, or logits from which nothing can be drawn
 * Source: nucleus sampling, Holtzman et al., "The curious case of neural text degeneration", ICLR 2020.
 */
export function sampleToken(logits: ArrayLike<number>, options: SamplingOptions, generator: Generator): number {
  checkSamplingOptions(options);
  if (!(generator instanceof Generator)) throw refusal(OP, "generator", "be a Generator", generator);
  const probabilities = samplingProbabilities(logits, options);
  if (options.temperature === 0) return probabilities.indexOf(1);
  let rest = generator.uniform();
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    rest -= probabilities[id];
    if (rest < 0) return id;
    last = id;
  }
  return last; // rounding left the sum a little under the number drawn
}

/** The probabilities that `sampleToken` draws from: 0 for tokens cut off, the rest scaled to the sum 1. */
export function samplingProbabilities(logits: ArrayLike<number>, options: SamplingOptions = {}): Float64Array {
  checkSamplingOptions(options);
  const { temperature = 1, topK, topP } = options;
  if (!Array.isArray(logits) && !ArrayBuffer.isView(logits)) {
    throw refusal(OP, "logits", "be an array of numbers", logits, "Of a tensor x, pass x.data().");
  }
  const best = argmax(logits);
  const weights = new Float64Array(logits.length);
  if (temperature === 0) {
    weights[best] = 1;
    return weights;
  }
  const max = logits[best];
  let sum = 0;
  for (let id = 0; id < weights.length; id++) {
    weights[id] = Math.exp((logits[id] - max) / temperature);
    sum += weights[id];
  }
  if ((topK !== undefined && topK < weights.length) || (topP !== undefined && topP < 1)) {
    sum = cut(weights, topK ?? weights.length, topP ?? 1);
  }
  for (let id = 0; id < weights.length; id++) weights[id] /= sum;
  return weights;
}

/** Sets all but the top k and the nucleus of p to 0; of equals the first stay. Returns the sum of what stays. */
function cut(weights: Float64Array, topK: number, topP: number): number {
  const order = Int32Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  const kept = order.subarray(0, topK);
  let total = 0;
  for (const id of kept) total += weights[id];
  let sum = 0;
  let count = 0;
  while (count < kept.length && (topP === 1 || sum < topP * total)) sum += weights[kept[count++]];
  for (const id of order.subarray(count)) weights[id] = 0;
  return sum;
}

function argmax(logits: ArrayLike<number>): number {
  let best = -1;
  let max = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id];
    if (typeof logit !== "number") throw refusal(OP, `logits[${id}]`, "be a number", logit);
    if (!(logit < Infinity)) refuse(`${logit} at ${id}`);
    if (logit > max) {
      max = logit;
      best = id;
    }
  }
  if (best < 0) refuse(logits.length === 0 ? "none" : "-Infinity everywhere");
  return best;
}

function refuse(value: string): never {
  const must = "hold finite numbers, or -Infinity for tokens that must not come";
  const fix = "A model whose loss became NaN or infinite cannot be sampled.";
  throw new OptionError({ code: "not-finite", op: OP, argument: "logits", must, value, fix });
}
