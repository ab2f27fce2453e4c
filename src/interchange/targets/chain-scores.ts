import type { NamedArray, NamedArrays } from "../named-array.js";
import type { BestPathStep } from "./blueprint.js";

/** What a chain is scored by, -Infinity for what may not be. */
export interface ChainScores {
  /** [K] */
  readonly start: NamedArray;
  /** [K] */
  readonly end: NamedArray;
  /** [K, K] */
  readonly transitions: NamedArray;
}

/** Of a chain, by the model's weights. */
export function chainScores({ chain, allowed }: BestPathStep, weights: NamedArrays): ChainScores {
  const scores = (name: string, may: readonly boolean[] | undefined): NamedArray => {
    const { shape, data } = weights.get(`${chain}.${name}`)!;
    return { dtype: "float32", shape, data: Float32Array.from(data, (x, i) => (may?.[i] === false ? -Infinity : x)) };
  };
  return {
    start: scores("start_transitions", allowed?.start),
    end: scores("end_transitions", allowed?.end),
    transitions: scores("transitions", allowed?.transitions.flat()),
  };
}
