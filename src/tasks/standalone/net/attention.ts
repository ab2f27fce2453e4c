import { dot, linear, type Matrix, softmax, type Vector, type Weights, weighted, weightOf } from "./vectors.js";

/** A mean of what was read, weighted by how well it fits a query, and those weights. */
export type Attention = (query: Vector, keys: readonly Vector[]) => { context: Vector; weights: Vector };

/**
 *   a_s = softmax_s(score(q, k_s))      context = Σ_s a_s k_s
 * with the score dot, q·k; general, q·(W k); additive, v·tanh(W q + U k).
 * Source: Bahdanau et al. 2015 (additive); Luong et al. 2015 (dot, general).
 */
export function attentionOf(score: string, weights: Weights, prefix: string): Attention {
  const scores = scoresOf(score, (name) => weightOf(weights, `${prefix}.${name}`));
  return (query, keys) => {
    const found = softmax(scores(query, keys));
    return { context: weighted(found, keys), weights: found };
  };
}

function scoresOf(
  score: string,
  weight: (name: string) => Matrix,
): (query: Vector, keys: readonly Vector[]) => number[] {
  if (score === "dot") return (query, keys) => keys.map((key) => dot(query, key));
  if (score === "general") {
    const w = weight("weight");
    return (query, keys) => keys.map((key) => dot(query, linear(w, key)));
  }
  const [wQuery, wKey, v] = [weight("weight_query"), weight("weight_key"), weight("v")];
  return (query, keys) => {
    const ofQuery = linear(wQuery, query);
    return keys.map((key) =>
      dot(
        v.data,
        linear(wKey, key).map((value, i) => Math.tanh(value + ofQuery[i])),
      ),
    );
  };
}
