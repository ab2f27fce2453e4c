import { typedArray } from "../../base/dtype.js";
import { normalizeAxis, sizeOf } from "../../base/shape.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { fromHost, requireTensor } from "./raw.js";

/**
 * out_i = Σ_{j ≤ i} x_j along `axis`, PyTorch's cumsum, summed in float64. Runs in JavaScript.
 * @returns of x's shape
 */
export function cumsum(x: Tensor, axis: number): Tensor {
  requireTensor("cumsum", "input", x);
  const at = normalizeAxis("cumsum", axis, x.rank);
  return record("cumsum", [x], running(x, at, false), (dOut) => [running(dOut, at, true)]);
}

/** Sums along `axis` from its start, or from its end. */
function running(x: Tensor, axis: number, fromEnd: boolean): Tensor {
  const data = x.data();
  const length = x.shape[axis] ?? 1;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const out = typedArray(x.dtype, data.length);
  for (let start = 0; start < data.length; start += length * inner) {
    for (let column = 0; column < inner; column++) {
      let total = 0;
      for (let i = 0; i < length; i++) {
        const at = start + (fromEnd ? length - 1 - i : i) * inner + column;
        total += data[at];
        out[at] = total;
      }
    }
  }
  return fromHost(out, x.shape);
}
