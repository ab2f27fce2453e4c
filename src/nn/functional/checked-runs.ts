import {
  checkArray,
  checkList,
  checkNonNegativeInteger,
  checkObject,
  checkOneOf,
  checkPositiveInteger,
  checkString,
  refusal,
} from "../../base/check.js";
import { misshapen, type Shape } from "../../base/shape.js";
import { type CellKind, GATES } from "../../engine/cells.js";
import { requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type RecurrentResult, type RecurrentRun, recurrent as run } from "../recurrent/recurrent.js";
import {
  type KernelResult,
  type LayerRun,
  type RecurrentWeights,
  recurrentLayer as runLayer,
  type States,
} from "../recurrent/recurrent-layer.js";

/** The runs that modules make are right by themselves; those of a caller's own are looked at first. */

const CELLS = Object.keys(GATES) as CellKind[];
const LAYER = "recurrentLayer";

/**
 * A stack of recurrent layers over whole sequences, PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`.
 * @throws ShapeError, DTypeError, OptionError naming `op`
 */
export function recurrent(given: RecurrentRun): RecurrentResult {
  checkObject("recurrent", "run", given, "a run: { op, cell, x, initial, weights, ... }");
  const op = checkString("recurrent", "op", given.op);
  const { cell, x, batchSizes, order = null, initial, weights, mergeMode = "concat", variant = null } = given;
  checkOneOf(op, "cell", cell, CELLS);
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  checkOneOf(op, "mergeMode", mergeMode, ["concat", "sum", "mean", "mul"]);
  if (variant !== null) checkObject(op, "variant", variant);
  if (batchSizes !== undefined) checkBatchSizes(op, batchSizes, x);
  if (order !== null) for (const place of checkList(op, "order", order)) checkNonNegativeInteger(op, "order", place);
  checkInitial(op, "initial", initial, x);
  checkArray(op, "weights", weights);
  if (weights.length === 0) throw refusal(op, "weights", "be those of a layer at least", weights);
  for (const layer of weights) checkWeights(op, cell, layer, x);
  return run(given);
}

/**
 * One recurrent layer in one direction over whole sequences, in one kernel.
 * @throws ShapeError, DTypeError, OptionError
 */
export function recurrentLayer(given: LayerRun): KernelResult {
  checkObject(LAYER, "run", given, "a run: { cell, x, batchSizes, weights, initial, final, row, reverse }");
  const { cell, x, batchSizes, weights, initial, final, row } = given;
  checkOneOf(LAYER, "cell", cell, CELLS);
  requireTensor(LAYER, "x", x);
  requireFloat(LAYER, "x", x);
  checkBatchSizes(LAYER, batchSizes, x);
  const [width, projected] = checkWeights(LAYER, cell, weights, x, x.shape[x.rank - 1]);
  checkNonNegativeInteger(LAYER, "row", row);
  for (const [argument, states] of Object.entries({ initial, final })) {
    if (states === null && argument === "final") continue;
    checkInitial(LAYER, argument, states!, x);
    checkState(LAYER, `${argument}.h`, states!.h, row, [batchSizes[0]!, projected]);
    checkState(LAYER, `${argument}.c`, states!.c, row, [batchSizes[0]!, width]);
  }
  return runLayer(given);
}

function checkBatchSizes(op: string, sizes: readonly number[], x: Tensor): void {
  checkArray(op, "batchSizes", sizes);
  let rows = 0;
  for (const [t, n] of sizes.entries()) {
    rows += checkPositiveInteger(op, "each of batchSizes", n);
    if (t > 0 && n > sizes[t - 1]) throw refusal(op, "batchSizes", "never grow", sizes);
  }
  const lead = x.rank === 3 ? x.shape[0] * x.shape[1] : x.shape[0];
  const dense = x.rank !== 3 || (sizes.length === x.shape[0] && sizes.every((n) => n === x.shape[1]));
  if ((x.rank === 2 || x.rank === 3) && rows > 0 && lead === rows && dense) return;
  const must = `hold ${rows} rows, the sum of batchSizes`;
  throw misshapen(op, "input", must, x.shape);
}

function checkInitial(op: string, argument: string, states: States, x: Tensor): void {
  checkObject(op, argument, states, "{ h, c }, null for zeros");
  for (const name of ["h", "c"] as const) {
    if (states[name] === null) continue;
    requireTensor(op, `${argument}.${name}`, states[name]);
    requireSameDType(op, `${argument}.${name}`, states[name], x.dtype);
  }
}

function checkState(op: string, argument: string, state: Tensor | null, row: number, rest: Shape): void {
  if (state !== null) checkSizes(op, argument, state, [null, ...rest], state.shape[0] > row);
}

/** @returns the width of c, and that of h */
function checkWeights(
  op: string,
  cell: CellKind,
  weights: RecurrentWeights,
  x: Tensor,
  inputs: number | null = null,
): [number, number] {
  checkObject(op, "weights", weights, "{ wIh, wHh, bIh, bHh }");
  const { wIh, wHh, bIh, bHh, wHr = null } = weights;
  for (const [argument, weight] of Object.entries({ wIh, wHh, bIh, bHh, wHr })) {
    if (weight === null && argument !== "wIh" && argument !== "wHh") continue;
    requireTensor(op, argument, weight);
    requireSameDType(op, argument, weight, x.dtype);
  }
  const rows = wIh.shape[0] ?? 0;
  const width = rows / GATES[cell];
  const projected = wHr === null ? width : (wHr.shape[0] ?? 0);
  checkSizes(op, "wIh", wIh, [null, inputs], width > 0 && Number.isInteger(width));
  checkSizes(op, "wHh", wHh, [rows, projected]);
  if (wHr !== null) checkSizes(op, "wHr", wHr, [projected, width], cell === "lstm");
  if ((bIh === null) !== (bHh === null)) throw refusal(op, "bHh", "be there as bIh is", bHh);
  for (const bias of [bIh, bHh]) if (bias !== null) checkSizes(op, "bias", bias, [rows]);
  return [width, projected];
}

/** Null stands for any size. */
function checkSizes(op: string, argument: string, x: Tensor, sizes: readonly (number | null)[], also = true): void {
  if (also && x.rank === sizes.length && sizes.every((size, i) => size === null || size === x.shape[i])) return;
  const must = `have shape [${sizes.map((size) => size ?? "..").join(", ")}], a whole number of gates`;
  throw misshapen(op, argument, must, x.shape);
}
