import { noGrad } from "../../../autograd/index.js";
import { detachState } from "../../../nn/utils.js";
import { type Tensor, tensor } from "../../../tensor/index.js";
import { heatValues, reachOf } from "../../score/heat.js";
import type { HeatTrack } from "../../score/score-data.js";
import type { LanguageModel, RecurrentState } from "../model.js";

/** Tokens at once. */
const PIECE = 512;

/** The units of the highest layer over a long text, in their own order: in whole sequences, ten times as fast as step by step. */
export function topUnits(model: LanguageModel, ids: Int32Array): HeatTrack {
  const { embed, rnn, training } = model;
  model.train(false);
  try {
    const pieces: ArrayLike<number>[] = [];
    let state: RecurrentState | undefined;
    for (let from = 0; from < ids.length; from += PIECE) {
      const piece = tensor(ids.slice(from, from + PIECE), { shape: [Math.min(PIECE, ids.length - from), 1] });
      const [y, next] = noGrad(() => rnn.forward(embed.forward(piece), state as never)) as [Tensor, object];
      state = detachState(next) as RecurrentState;
      pieces.push(y.data());
    }
    const width = pieces[0].length / Math.min(PIECE, ids.length);
    const all = new Float32Array(ids.length * width);
    for (const [k, piece] of pieces.entries()) all.set(piece, k * PIECE * width);
    const scale = Math.max(1, reachOf(all));
    const order = Array.from({ length: width }, (_, unit) => unit);
    return {
      ...{ kind: "heat", id: "corpus", title: "units", about: "", signed: true, ofUnits: true, scale },
      rows: order.map((unit) => ({ name: `unit ${unit}`, follows: "" })),
      values: heatValues(all, ids.length, order, scale),
    };
  } finally {
    model.train(training);
  }
}
