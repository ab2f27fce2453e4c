import { embedding } from "../../tensor/ops/index.js";
import { concat } from "../../tensor/ops/join.js";
import { linear, matmul } from "../../tensor/ops/matmul.js";
import { filled, fromHost } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type LayerResult, type LayerRun, recurrentLayer } from "./recurrent-layer.js";
import { type CellVariant, unrolledLayer } from "./unrolled-layer.js";

/**
 * An lstm layer with a projection, h_t = W_hr m_t, m_t = o⊙tanh(c_t): in one walk, or step by step where that is less work.
 * Source: Sak, Senior & Beaufays 2014; PyTorch nn.LSTM with proj_size.
 */
export function projectedLayer(run: LayerRun): LayerResult {
  return isLessByStep(run) ? unrolledLayer(run, PLAIN) : inOneWalk(run);
}

const PLAIN: CellVariant = {
  gate: "sigmoid",
  state: "tanh",
  resetAfter: true,
  recurrentDropout: 0,
  zoneout: [0, 0],
  training: false,
};

/** Multiply-adds of a step that take as long as its dozen operations do. */
const STEP = 1_500_000;

/** By sizes alone. A step of its own needs neither W_hh W_hr nor, for each row, that product's [4H, H] in place of W_hh's [4H, P]. */
function isLessByStep({ batchSizes, weights: { wHh, wHr } }: LayerRun): boolean {
  const [p, h] = wHr!.shape as [number, number];
  const rows = batchSizes.reduce((sum, n) => sum + n, 0);
  return wHh.shape[0] * (rows * (h - p) + h * p) > STEP * batchSizes.length;
}

/**
 * On the kernel of an lstm without projection: since
 *   W_hh h_{t-1} = (W_hh W_hr) m_{t-1},
 * m is the state of a plain lstm whose recurrent matrix is that product. An initial h need not come from any m, so W_hh h_0 enters with
 * the input of each sequence's first step.
 */
function inOneWalk(run: LayerRun): LayerResult {
  const { weights, initial, row } = run;
  const { wIh, wHh } = weights;
  const wHr = weights.wHr!;
  const startsAtZero = initial.h === null;
  const plain = recurrentLayer({
    ...run,
    x: startsAtZero ? run.x : concat([run.x, initialInputs(run, select(initial.h!, 0, row))], -1),
    weights: { ...weights, wIh: startsAtZero ? wIh : concat([wIh, wHh], 1), wHh: matmul(wHh, wHr) },
    initial: { h: null, c: initial.c },
    final: null,
  });
  return { y: linear(plain.y, wHr), h: linear(plain.h, wHr), c: plain.c };
}

/** h0 [N, P] at each sequence's first step, zeros at the others: x's shape with P for I. */
function initialInputs({ x, batchSizes, reverse }: LayerRun, h0: Tensor): Tensor {
  const [batch, width] = h0.shape as [number, number];
  const ids = new Int32Array(batchSizes.reduce((sum, n) => sum + n, 0)).fill(batch);
  let row = 0;
  batchSizes.forEach((running, t) => {
    const others = reverse ? (batchSizes[t + 1] ?? 0) : (batchSizes[t - 1] ?? 0);
    for (let b = others; b < running; b++) ids[row + b] = b;
    row += running;
  });
  const table = concat([h0, filled(h0.dtype, [1, width], 0)], 0);
  return reshape(embedding(table, fromHost(ids, [ids.length])), [...x.shape.slice(0, -1), width]);
}
