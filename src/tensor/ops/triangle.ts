import { ShapeError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import type { Tensor } from "../tensor.js";
import { where } from "./arithmetic.js";
import { fromHost, requireTensor } from "./raw.js";

/** The lower triangles of matrices [.., M, N]: elements with column ≤ row + diagonal, the others 0. */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle("tril", x, (row, column) => column <= row + diagonal);
}

/** The upper triangles of matrices [.., M, N]: elements with column ≥ row + diagonal, the others 0. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle("triu", x, (row, column) => column >= row + diagonal);
}

function triangle(op: string, x: Tensor, keep: (row: number, column: number) => boolean): Tensor {
  requireTensor(op, "input", x);
  if (x.rank < 2) {
    throw new ShapeError({ op, argument: "input", must: "have shape [..., M, N]", value: formatShape(x.shape) });
  }
  const [m, n] = x.shape.slice(-2) as [number, number];
  const mask = fromHost(
    Int32Array.from({ length: m * n }, (_, i) => Number(keep(Math.floor(i / n), i % n))),
    [m, n],
  );
  return where(mask, x, 0);
}
