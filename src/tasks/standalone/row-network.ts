import type { ManyToOneConfig } from "../many-to-one/config.js";
import { typedRow } from "../many-to-one/stream.js";
import { rowInputsFromJson, type Steps } from "../rows/inputs.js";
import { countUnknown } from "../tokens/unknown.js";
import { configOf, type Description } from "./description.js";
import { poolingOf } from "./net/pooling.js";
import { Recurrent } from "./net/recurrent.js";
import { linear, rowOf, type Vector, type Weights, weightOf } from "./net/vectors.js";

/** One text, or the numbers of one row: of several steps one after the other. */
export type RowInput = string | readonly number[];

/** What the network says of one row, and which part of it was read as `<unk>`. */
export type RowNetwork = (input: RowInput) => { outputs: Vector; unknown: number };

/** Many to one: tokens or numbers, recurrent layers, their outputs pooled over time, and a linear layer. */
export function rowNetwork(op: string, description: Description, weights: Weights): RowNetwork {
  const config = configOf<ManyToOneConfig>(description);
  const inputs = rowInputsFromJson(description["inputs"]);
  const rnn = new Recurrent(weights, config.cell, "rnn");
  const pool = poolingOf(config.pooling, weights);
  const embed = weights.get("embed.weight");
  const [head, bias] = [weightOf(weights, "head.weight"), weightOf(weights, "head.bias")];
  const vectors = (steps: Steps): Vector[] => {
    if (embed !== undefined) return Array.from(steps, (id) => rowOf(embed, id));
    const features = inputs.mean.length;
    return Array.from({ length: steps.length / features }, (_, t) =>
      Float64Array.from(steps.subarray(t * features, (t + 1) * features)),
    );
  };
  return (input) => {
    const { steps } = typedRow(op, { config }, inputs, input).example;
    const outputs = linear(head, pool(rnn, rnn.run(vectors(steps))), bias);
    return { outputs, unknown: countUnknown(inputs.vocabulary, steps) / steps.length };
  };
}

/** What is told beside an answer where tokens were read as `<unk>`. */
export function unknownShare(unknown: number): { unknown?: number } {
  return unknown > 0 ? { unknown } : {};
}
