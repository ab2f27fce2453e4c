import { noGrad } from "../autograd/index.js";
import { OptionError, ShapeError, show } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { Module } from "../nn/module.js";
import type { Anatomy } from "../nn/observable.js";
import { matmul, type Tensor } from "../tensor/index.js";
import { requireFloat, requireTensor } from "../tensor/ops/raw.js";
import { countedThrough, type LayerPlace, layerPlaces, recurrentParts } from "./recurrent-net.js";

/** ‖A^m‖^(1/m) at m = 2^32 is the radius but for rounding, whatever the matrix. */
const SQUARINGS = 32;

/**
 * The largest absolute value of an eigenvalue, ρ(A): without inputs and activations a state grows or shrinks by about this
 * factor a step, and so does its gradient on the way back.
 *   ρ(A) = lim ‖A^m‖^(1/m), by repeated squaring: m = 1, 2, 4, ... Any norm does; here it is the largest element.
 * Complex and repeated eigenvalues need no care. Exact to about 1e-6 of it in float32; the matrix is untouched.
 * @param matrix  [H, H]
 * @throws ShapeError when it is not square; DTypeError for int32
 * Source: Gelfand 1941.
 */
export function spectralRadius(matrix: Tensor): number {
  const op = "spectralRadius";
  requireTensor(op, "matrix", matrix);
  requireFloat(op, "matrix", matrix);
  if (matrix.rank !== 2 || matrix.shape[0] !== matrix.shape[1] || matrix.size === 0) {
    throw new ShapeError({
      op,
      argument: "matrix",
      must: "be square, [H, H]",
      value: formatShape(matrix.shape),
      fix: "An LSTM's weight_hh is four matrices, one above the other: pass one, or use spectralRadii(module).",
    });
  }
  return noGrad(() => {
    let scale = largest(matrix);
    if (scale === 0 || !Number.isFinite(scale)) return scale;
    let power = matrix.div(scale);
    // log ‖A^m‖, in which `power` is A^m / ‖A^m‖.
    let size = Math.log(scale);
    let m = 1;
    for (let k = 0; k < SQUARINGS; k++) {
      const square = matmul(power, power);
      scale = largest(square);
      if (!(scale > 0)) return scale;
      power.dispose();
      power = square.div(scale);
      square.dispose();
      const before = size / m;
      size = 2 * size + Math.log(scale);
      m *= 2;
      // Far enough that no factor like m, of a repeated eigenvalue, can pass for convergence.
      if (m >= 2 ** 20 && Math.abs(size / m - before) < 1e-9) break;
    }
    return Math.exp(size / m);
  });
}

function largest(x: Tensor): number {
  return x.abs().max().item();
}

/** The spectral radii of one layer's recurrent matrices. */
export interface LayerRadii extends LayerPlace {
  /**
   * By gate; `state` for the simple networks, in IndRNN the largest |u|. Null where no weight takes the state from step to step, so
   * that there is nothing to have a radius: MinGRU and MinLSTM.
   */
  radii: Record<string, number> | null;
}

/**
 * `spectralRadius` of the recurrent matrix of every layer, block by block where `weight_hh` holds several gates; with a
 * projection, of W_hh W_hr, which takes the unprojected h from step to step. Of every recurrent module in a model, in the order
 * of its properties, single-step cells too. Peepholes and what a layer norm does to the product are not in it.
 * @throws OptionError for a module without a recurrent one
 */
export function spectralRadii(module: Module): LayerRadii[] {
  const parts = module instanceof Module ? recurrentParts(module) : [];
  if (parts.length === 0) {
    const must = "be a recurrent module, or one that has some";
    throw new OptionError({ op: "spectralRadii", argument: "module", must, value: show(module) });
  }
  return countedThrough(parts.map(([, part]) => radiiOf(part.anatomy)));
}

/** Of the layers of one recurrent module. */
export function radiiOf(anatomy: Anatomy): LayerRadii[] {
  return layerPlaces(anatomy).map((place, row) => ({ ...place, radii: layerRadii(anatomy, row) }));
}

function layerRadii({ gates, recurrentWeight }: Anatomy, row: number): LayerRadii["radii"] {
  const weight = recurrentWeight(row);
  if (weight === null) return null;
  return noGrad(() => {
    if (weight.rank === 1) return { [gates[0].name]: largest(weight) };
    const blocks = weight.chunk(gates.length, 0);
    return Object.fromEntries(gates.map(({ name }, k) => [name, spectralRadius(blocks[k])]));
  });
}
