import { ShapeError } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { requireTensor } from "../tensor/ops/raw.js";
import type { Embedding } from "./embedding.js";
import type { Linear } from "./linear.js";

/**
 * Makes the embedding's table [V, D] the head's matrix too: one parameter, with the sum of both gradients. The bias stays
 * the head's own.
 * @throws ShapeError unless the head maps D features to V classes
 * Source: Press & Wolf 2017; Inan, Khosravi & Socher 2017.
 * @example
 * nn.tieWeights(model.embed, model.head);
 * const optimizer = new optim.Adam(model.parameters()); // lists the shared matrix once
 */
export function tieWeights(embedding: Embedding, head: Linear): void {
  requireTensor("tieWeights", "embedding.weight", embedding?.weight);
  requireTensor("tieWeights", "head.weight", head?.weight);
  const { weight } = embedding;
  if (!sameShape(head.weight.shape, weight.shape) || head.weight.dtype !== weight.dtype) {
    throw new ShapeError({
      op: "tieWeights",
      argument: "head",
      must: `have a weight ${formatShape(weight.shape)} ${weight.dtype}, as the embedding has`,
      value: `${formatShape(head.weight.shape)} ${head.weight.dtype}`,
      fix: "Put a Linear between them when the sizes differ.",
    });
  }
  if (head.weight === weight) return;
  head.weight.dispose();
  head.weight = weight;
}
