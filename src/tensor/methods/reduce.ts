import type { Axes, ReduceOptions, VarianceOptions } from "../ops/reduce.js";
import * as reductions from "../ops/reduce.js";
import { cumsum } from "../ops/scan.js";
import { logSoftmax, softmax } from "../ops/softmax.js";
import { type Sorted, type SortOptions, sort, type TopkOptions, topk } from "../ops/sort.js";
import type { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** The axes and the rest by name, as Python writes them. */
export interface NamedAxes {
  axis?: Axes | undefined;
  axes?: Axes | undefined;
  dim?: Axes | undefined;
  keepDim?: boolean | undefined;
  keepdim?: boolean | undefined;
  keepdims?: boolean | undefined;
  correction?: number | undefined;
}

type Named = Axes | NamedAxes;

/** `x.sum({ dim: 1, keepdim: true })` as `x.sum(1, { keepDim: true })`; all else as it is. */
function byPlace<O extends ReduceOptions>(named: Named, options: O | undefined): [Axes, O | undefined] {
  if (named === null || typeof named !== "object" || Array.isArray(named)) return [named as Axes, options];
  const { axis, axes, dim, keepDim, keepdim, keepdims, ...rest } = named as NamedAxes;
  return [axis ?? axes ?? dim, { ...options, ...rest, keepDim: keepDim ?? keepdim ?? keepdims } as O];
}

/** Over one axis, several, or all when left out. By name as well: `x.sum({ dim: 1, keepdim: true })`. */
export interface ReduceMethods {
  sum(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  mean(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  prod(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  /** The values alone, equal ones sharing the gradient (PyTorch's amax); `argmax` has the positions. */
  max(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  min(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  /** The position of the largest, int32. */
  argmax(axis?: number | NamedAxes, options?: ReduceOptions): Tensor;
  argmin(axis?: number | NamedAxes, options?: ReduceOptions): Tensor;
  /** (Σ |x|^p)^(1/p); p defaults to 2. */
  norm(p?: number, axes?: Axes, options?: ReduceOptions): Tensor;
  /** The variance with Bessel's correction, or another. */
  var(axes?: Axes | NamedAxes, options?: VarianceOptions): Tensor;
  std(axes?: Axes | NamedAxes, options?: VarianceOptions): Tensor;
  /** log Σ exp(x), without overflow. */
  logSumExp(axes?: Axes | NamedAxes, options?: ReduceOptions): Tensor;
  /** Along `axis`, default the last. */
  softmax(axis?: number): Tensor;
  logSoftmax(axis?: number): Tensor;
  /** Sums up to each element along `axis`. */
  cumsum(axis: number): Tensor;
  /** Sorted along an axis (default the last): values and int32 indices. */
  sort(options?: SortOptions): Sorted;
  /** The k largest along an axis (default the last), best first: values and int32 indices. */
  topk(k: number, options?: TopkOptions): Sorted;
}

declare module "../tensor.js" {
  interface Tensor extends ReduceMethods {}
}

install<ReduceMethods>({
  sum(axes, options) {
    return reductions.sum(this, ...byPlace(axes, options));
  },
  mean(axes, options) {
    return reductions.mean(this, ...byPlace(axes, options));
  },
  prod(axes, options) {
    return reductions.prod(this, ...byPlace(axes, options));
  },
  max(axes, options) {
    return reductions.extreme("max", this, ...byPlace(axes, options));
  },
  min(axes, options) {
    return reductions.extreme("min", this, ...byPlace(axes, options));
  },
  argmax(axis, options) {
    const [axes, rest] = byPlace(axis, options);
    return reductions.argExtreme("argmax", this, axes as number | undefined, rest);
  },
  argmin(axis, options) {
    const [axes, rest] = byPlace(axis, options);
    return reductions.argExtreme("argmin", this, axes as number | undefined, rest);
  },
  norm(p, axes, options) {
    return reductions.norm(this, p, axes, options);
  },
  var(axes, options) {
    return reductions.variance(this, ...byPlace(axes, options));
  },
  std(axes, options) {
    return reductions.deviation(this, ...byPlace(axes, options));
  },
  logSumExp(axes, options) {
    return reductions.logSumExp(this, ...byPlace(axes, options));
  },
  softmax(axis) {
    return softmax(this, axis);
  },
  logSoftmax(axis) {
    return logSoftmax(this, axis);
  },
  cumsum(axis) {
    return cumsum(this, axis);
  },
  sort(options) {
    return sort(this, options);
  },
  topk(k, options) {
    return topk(this, k, options);
  },
});
