import { checkKnownOptions, checkNonNegativeInteger } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { formatShape, normalizeAxis, sizeOf } from "../../base/shape.js";
import type { Tensor } from "../tensor.js";
import { gather } from "./gather.js";
import { fromHost, requireTensor } from "./raw.js";

/** The values, through which gradients pass, and where along the axis they were (int32). */
export interface Sorted {
  values: Tensor;
  indices: Tensor;
}

export interface SortOptions {
  /** Default: the last. */
  axis?: number | undefined;
  /** Largest first. Default false. */
  descending?: boolean | undefined;
}

export interface TopkOptions {
  /** Default: the last. */
  axis?: number | undefined;
  /** The largest, else the smallest. Default true. */
  largest?: boolean | undefined;
}

/** Sorted along one axis; equal elements keep their order, and NaN counts as the largest. Runs in JavaScript. */
export function sort(x: Tensor, options: SortOptions = {}): Sorted {
  requireTensor("sort", "input", x);
  checkKnownOptions("sort", options, ["axis", "descending"]);
  const at = normalizeAxis("sort", options.axis ?? -1, x.rank);
  return ranked(x, at, x.shape[at] ?? 1, options.descending ?? false);
}

/**
 * The k largest (or smallest) along one axis, best first. Runs in JavaScript.
 * @returns both of x's shape with k in the axis' place
 * @throws ShapeError when the axis has fewer than k elements
 */
export function topk(x: Tensor, k: number, options: TopkOptions = {}): Sorted {
  requireTensor("topk", "input", x);
  checkKnownOptions("topk", options, ["axis", "largest"]);
  const at = normalizeAxis("topk", options.axis ?? -1, x.rank);
  checkNonNegativeInteger("topk", "k", k);
  if (k > (x.shape[at] ?? 1)) {
    const must = `be at most the size of dimension ${at} of ${formatShape(x.shape)}`;
    throw new ShapeError({ op: "topk", argument: "k", must, value: String(k) });
  }
  return ranked(x, at, k, options.largest ?? true);
}

/** The first `k` of each line along `axis` in order. */
function ranked(x: Tensor, axis: number, k: number, descending: boolean): Sorted {
  if (x.rank === 0) {
    const { values, indices } = ranked(x.reshape([1]), 0, k, descending);
    return k === 1 ? { values: values.reshape([]), indices: indices.reshape([]) } : { values, indices };
  }
  const data = x.data();
  const length = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const shape = x.shape.with(axis, k);
  const found = new Int32Array(sizeOf(shape));
  const line = Array.from({ length }, (_, i) => i);
  for (let start = 0, to = 0; start < data.length; start += length * inner, to += k * inner) {
    for (let column = 0; column < inner; column++) {
      const value = (i: number): number => data[start + i * inner + column];
      const order = line.toSorted((i, j) => compareValues(value(i), value(j), descending) || i - j);
      for (let i = 0; i < k; i++) found[to + i * inner + column] = order[i];
    }
  }
  const indices = fromHost(found, shape);
  return { values: gather(x, axis, indices), indices };
}

function compareValues(a: number, b: number, descending: boolean): number {
  const rising = Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;
  if (Number.isNaN(rising)) return 0;
  return descending ? -rising : rising;
}
