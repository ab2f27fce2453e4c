import type { States } from "./cells.js";
import type { Recurrent } from "./recurrent.js";
import { dot, softmax, type Vector, type Weights, weighted, weightOf } from "./vectors.js";

/** How the outputs of all steps become one. */
export type PoolSteps = (rnn: Recurrent, run: { outputs: Vector[]; states: States[] }) => Vector;

/** last: h after the last step, and of the other direction after the first;  mean, max: of y;  attention: Σ softmax(y·q)_t y_t */
export function poolingOf(name: string, weights: Weights): PoolSteps {
  if (name === "last") return (rnn, { states }) => rnn.lastHidden(states);
  if (name === "max") return (_, { outputs }) => outputs.reduce((a, b) => a.map((value, i) => Math.max(value, b[i])));
  if (name === "mean") {
    return (_, { outputs }) => weighted(new Float64Array(outputs.length).fill(1 / outputs.length), outputs);
  }
  const query = weightOf(weights, "pool.query").data;
  return (_, { outputs }) => weighted(softmax(outputs.map((y) => dot(y, query))), outputs);
}
