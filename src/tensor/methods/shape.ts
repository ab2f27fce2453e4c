import type { Shape } from "../../base/shape.js";
import * as indexing from "../ops/index.js";
import * as join from "../ops/join.js";
import * as shapes from "../ops/shape.js";
import type { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** Views and rearrangements; negative axes count from the end. */
export interface ShapeMethods {
  /** The same elements under another shape; one size may be -1. */
  reshape(shape: Shape): Tensor;
  /** Dimensions start to end (default: all) as one. */
  flatten(start?: number, end?: number): Tensor;
  permute(axes: readonly number[]): Tensor;
  /** Two dimensions exchanged; default the last two. */
  transpose(a?: number, b?: number): Tensor;
  squeeze(axis?: number): Tensor;
  unsqueeze(axis: number): Tensor;
  /** Repeated without copying; -1 keeps a size. */
  expand(shape: Shape): Tensor;
  /** Copies side by side, `times[i]` along dimension i. */
  repeat(times: readonly number[]): Tensor;
  narrow(axis: number, start: number, length: number): Tensor;
  slice(axis: number, start?: number, end?: number, step?: number): Tensor;
  select(axis: number, index: number): Tensor;
  flip(axes: number | readonly number[]): Tensor;
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
  reshape(shape) {
    return shapes.reshape(this, shape);
  },
  flatten(start, end) {
    return shapes.flatten(this, start, end);
  },
  permute(axes) {
    return shapes.permute(this, axes);
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
  expand(shape) {
    return shapes.expand(this, shape);
  },
  repeat(times) {
    return shapes.repeat(this, times);
  },
  narrow(axis, start, length) {
    return shapes.narrow(this, axis, start, length);
  },
  slice(axis, start, end, step) {
    return shapes.slice(this, axis, start, end, step);
  },
  select(axis, index) {
    return shapes.select(this, axis, index);
  },
  flip(axes) {
    return shapes.flip(this, axes);
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
