import type { Axes, ReduceOptions, VarianceOptions } from "../ops/reduce.js";
import * as reductions from "../ops/reduce.js";
import { cumsum } from "../ops/scan.js";
import { logSoftmax, softmax } from "../ops/softmax.js";
import { type Sorted, type SortOptions, sort, type TopkOptions, topk } from "../ops/sort.js";
import type { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** Over one axis, several, or all when left out. */
export interface ReduceMethods {
  sum(axes?: Axes, options?: ReduceOptions): Tensor;
  mean(axes?: Axes, options?: ReduceOptions): Tensor;
  prod(axes?: Axes, options?: ReduceOptions): Tensor;
  /** The values alone, equal ones sharing the gradient (PyTorch's amax); `argmax` has the positions. */
  max(axes?: Axes, options?: ReduceOptions): Tensor;
  min(axes?: Axes, options?: ReduceOptions): Tensor;
  /** The position of the largest, int32. */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  argmin(axis?: number, options?: ReduceOptions): Tensor;
  /** (Σ |x|^p)^(1/p); p defaults to 2. */
  norm(p?: number, axes?: Axes, options?: ReduceOptions): Tensor;
  /** The variance with Bessel's correction, or another. */
  var(axes?: Axes, options?: VarianceOptions): Tensor;
  std(axes?: Axes, options?: VarianceOptions): Tensor;
  /** log Σ exp(x), without overflow. */
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor;
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
    return reductions.sum(this, axes, options);
  },
  mean(axes, options) {
    return reductions.mean(this, axes, options);
  },
  prod(axes, options) {
    return reductions.prod(this, axes, options);
  },
  max(axes, options) {
    return reductions.extreme("max", this, axes, options);
  },
  min(axes, options) {
    return reductions.extreme("min", this, axes, options);
  },
  argmax(axis, options) {
    return reductions.argExtreme("argmax", this, axis, options);
  },
  argmin(axis, options) {
    return reductions.argExtreme("argmin", this, axis, options);
  },
  norm(p, axes, options) {
    return reductions.norm(this, p, axes, options);
  },
  var(axes, options) {
    return reductions.variance(this, axes, options);
  },
  std(axes, options) {
    return reductions.deviation(this, axes, options);
  },
  logSumExp(axes, options) {
    return reductions.logSumExp(this, axes, options);
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
