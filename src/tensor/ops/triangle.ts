import { refusal } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { misshapen } from "../../base/shape.js";
import type { Tensor } from "../tensor.js";
import { where } from "./arithmetic.js";
import { fromHost, requireTensor } from "./raw.js";

/** The lower triangles of matrices [.., M, N]: elements with column ≤ row + diagonal, the others 0. */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle("tril", x, diagonal, (row, column) => column <= row + diagonal);
}

/** The upper triangles of matrices [.., M, N]: elements with column ≥ row + diagonal, the others 0. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle("triu", x, diagonal, (row, column) => column >= row + diagonal);
}

function triangle(op: string, x: Tensor, diagonal: unknown, keep: (row: number, column: number) => boolean): Tensor {
  requireTensor(op, "input", x);
  if (!Number.isSafeInteger(diagonal)) throw refusal(op, "diagonal", "be an integer", diagonal);
  if (x.rank < 2) {
    throw misshapen(op, "input", "have shape [..., M, N]", x.shape);
  }
  const [m, n] = x.shape.slice(-2) as [number, number];
  const mask = typedArray("int32", m * n);
  for (let i = 0; i < mask.length; i++) mask[i] = Number(keep(Math.floor(i / n), i % n));
  return where(fromHost(mask, [m, n]), x, 0);
}
