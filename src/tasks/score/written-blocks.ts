import { noGrad } from "../../autograd/index.js";
import { record } from "../../diagnostics/record.js";
import { functional, type Module } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { ShownStep } from "../inspection/blocks.js";
import { gradientRow, normsByStep } from "./gradient-row.js";
import { atSteps, columns, inputGradients } from "./input-gradients.js";
import { Expectations } from "./next-track.js";
import type { ScoreBlock, TrackBlock } from "./score-blocks.js";
import { surpriseTrack } from "./surprise-track.js";

/** A sequence of which each token is told from those before it. */
export interface Written {
  model: Module;
  /** The tokens, as they are shown and by their ids, [T]. */
  steps: readonly ShownStep[];
  ids: ArrayLike<number>;
  /** What is read before each: a beginning, then all tokens but the last, [T, 1, E]. */
  x: Tensor;
  /** Of each token what is expected in its place, [T, W, V]. @param x  [T, W, E] */
  logits(x: Tensor): Tensor;
  labelOf(id: number): string;
}

/** Expectations that are kept at each step. */
const TOP = 5;

/** What was expected of each token, how surprising it was, which ones before it that follows from, and what the layers did. */
export function writtenBlocks(written: Written): ScoreBlock[] {
  const { model, steps, ids, x, logits } = written;
  const predictions = {
    model,
    read: ({ length }: readonly number[]) => [columns(x, length)],
    predicted: ([leaf]: readonly Tensor[], places: readonly number[]) => {
      const wanted = tensor(Int32Array.from(places, (t) => ids[t]));
      return functional.crossEntropy(atSteps(logits(leaf), places), wanted, { reduction: "sum" });
    },
  };
  const logProbs = (): Float32Array => noGrad(() => logits(x).logSoftmax(-1).contiguous().data() as Float32Array);
  return [
    ...expectedBlocks(written, logProbs),
    {
      ...{ kind: "traced", steps },
      about: "From the token under the cursor to those before it: what each does to −log of its probability.",
      // What stands before the first token is none of them.
      rows: (places) =>
        inputGradients(predictions, places).map(([gradient], b) =>
          gradientRow(places[b], normsByStep(gradient, steps.length, places[b] + 1).subarray(1)),
        ),
    },
    // The state after a token is that in which the next one is expected.
    { kind: "layers", steps, from: -1, layers: () => record(model, () => void noGrad(() => logits(x))) },
  ];
}

/**
 * What is expected after each token, and how surprising each was.
 * @param logProbs  of each token that may stand in the place of each, [T, V] in a row
 */
export function expectedBlocks(
  { steps, ids, labelOf }: Pick<Written, "steps" | "ids" | "labelOf">,
  logProbs: () => Float32Array,
): TrackBlock[] {
  // Both tracks are of one pass.
  let known: Float32Array | null = null;
  const all = (): Float32Array => {
    known ??= logProbs();
    return known;
  };
  const rowOf = (t: number): Float32Array => {
    const size = all().length / steps.length;
    return all().subarray(t * size, (t + 1) * size);
  };
  return [
    {
      ...{ kind: "track", steps },
      track() {
        const next = new Expectations(steps.length, Math.min(TOP, all().length / steps.length));
        for (let t = 1; t < steps.length; t++) next.note(t - 1, rowOf(t), Math.exp);
        return next.track(labelOf);
      },
    },
    {
      ...{ kind: "track", steps },
      track() {
        const values = Float32Array.from(steps, (_, t) => -rowOf(t)[ids[t]]);
        return surpriseTrack(values, "−log p of each token, after those before it");
      },
    },
  ];
}
