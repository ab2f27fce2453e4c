import { listed, type Sizes } from "../../base/shape.js";
import * as indexing from "../ops/gather.js";
import * as join from "../ops/join.js";
import * as shapes from "../ops/shape.js";
import * as slices from "../ops/slice.js";
import { tril, triu } from "../ops/triangle.js";
import type { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** Views and rearrangements; negative axes count from the end. Sizes and axes come in an array, or one after another. */
export interface ShapeMethods {
  /** The elements under another shape of as many; one size may be -1. A view when contiguous, else a copy. @throws ShapeError */
  reshape(...shape: Sizes): Tensor;
  /** `reshape`, which is a view wherever PyTorch's view() would be one. */
  view(...shape: Sizes): Tensor;
  /** Dimensions start to end (default: all) as one. */
  flatten(start?: number, end?: number): Tensor;
  permute(...axes: Sizes): Tensor;
  /** Two dimensions exchanged; default the last two. */
  transpose(a?: number, b?: number): Tensor;
  squeeze(axis?: number): Tensor;
  unsqueeze(axis: number): Tensor;
  /** Repeated without copying; -1 keeps a size. */
  expand(...shape: Sizes): Tensor;
  /** Copies side by side, `times[i]` along dimension i. */
  repeat(...times: Sizes): Tensor;
  /** Each index of `axis` `times` times in a row. */
  repeatInterleave(times: number, axis: number): Tensor;
  /** `length` elements of `axis` from `start` on. */
  narrow(axis: number, start: number, length: number): Tensor;
  /** `start` to `end` (excluded) of `axis`, each `step`-th, as Python's x[start:end:step]. */
  slice(axis: number, start?: number, end?: number, step?: number): Tensor;
  /** One index of `axis`, which disappears. */
  select(axis: number, index: number): Tensor;
  /** Each index of `axis` (default 0): the time steps of a sequence. */
  unbind(axis?: number): Tensor[];
  /** Reversed along these axes; a copy. */
  flip(...axes: Sizes): Tensor;
  /** Moved on by `shift` places along `axis`, round the end. */
  roll(shift: number, axis: number): Tensor;
  /** The lower triangle of matrices, the rest 0. */
  tril(diagonal?: number): Tensor;
  /** The upper triangle of matrices, the rest 0. */
  triu(diagonal?: number): Tensor;
  /** Pieces of `sizes` elements along `axis` (default 0). */
  split(sizes: number | readonly number[], axis?: number): Tensor[];
  /** At most `count` pieces of equal size along `axis` (default 0). */
  chunk(count: number, axis?: number): Tensor[];
  contiguous(): Tensor;
  /** The entries `index` (int32 [K]) of one dimension. */
  indexSelect(axis: number, index: Tensor): Tensor;
  /** PyTorch's gather: picks along one dimension. */
  gather(axis: number, index: Tensor): Tensor;
}

declare module "../tensor.js" {
  interface Tensor extends ShapeMethods {}
}

install<ShapeMethods>({
  reshape(...shape) {
    return shapes.reshape(this, listed(shape));
  },
  view(...shape) {
    return shapes.reshape(this, listed(shape));
  },
  flatten(start, end) {
    return shapes.flatten(this, start, end);
  },
  permute(...axes) {
    return shapes.permute(this, listed(axes));
  },
  transpose(a = -2, b = -1) {
    return shapes.transpose(this, a, b);
  },
  squeeze(axis) {
    return shapes.squeeze(this, axis);
  },
  unsqueeze(axis) {
    return shapes.unsqueeze(this, axis);
  },
  expand(...shape) {
    return shapes.expand(this, listed(shape));
  },
  repeat(...times) {
    return shapes.repeat(this, listed(times));
  },
  narrow(axis, start, length) {
    return slices.narrow(this, axis, start, length);
  },
  slice(axis, start, end, step) {
    return slices.slice(this, axis, start, end, step);
  },
  select(axis, index) {
    return slices.select(this, axis, index);
  },
  repeatInterleave(times, axis) {
    return shapes.repeatInterleave(this, times, axis);
  },
  unbind(axis) {
    return join.unbind(this, axis);
  },
  roll(shift, axis) {
    return join.roll(this, shift, axis);
  },
  tril(diagonal) {
    return tril(this, diagonal);
  },
  triu(diagonal) {
    return triu(this, diagonal);
  },
  flip(...axes) {
    return shapes.flip(this, listed(axes));
  },
  split(sizes, axis) {
    return join.split(this, sizes, axis);
  },
  chunk(count, axis) {
    return join.chunk(this, count, axis);
  },
  contiguous() {
    return shapes.makeContiguous(this);
  },
  indexSelect(axis, index) {
    return indexing.indexSelect(this, axis, index);
  },
  gather(axis, index) {
    return indexing.gather(this, axis, index);
  },
});
