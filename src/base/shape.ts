import { checkNonNegativeInteger, refusal } from "./check.js";
import { ShapeError, show } from "./errors.js";

/** The sizes of a tensor's dimensions, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** `[2, 3]`, as errors and `toString` show it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** @throws OptionError for what is no array of non-negative integers */
export function checkShape(op: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape)) {
    const fix = `Sizes go in an array: ${op}([${typeof shape === "number" ? shape : 2}, 3]).`;
    throw refusal(op, "shape", "be an array of sizes", shape, fix);
  }
  for (const size of shape) {
    // The words are for errors alone: shapes are checked in every operation.
    if (!(Number.isInteger(size) && size >= 0)) checkNonNegativeInteger(op, `shape ${show(shape)}`, size);
  }
}

/** Sizes, axes or times as they are written: in an array, or as PyTorch takes them too, one after another. */
export type Sizes = [sizes: readonly number[]] | number[];

/** What `Sizes` holds. What is neither is handed on, for the check. */
export function listed(args: Sizes): readonly number[] {
  return typeof args[0] === "number" ? (args as number[]) : (args[0] as readonly number[]);
}

/** The error for an array of another shape. */
export function misshapen(op: string, argument: string, must: string, shape: Shape, fix = ""): ShapeError {
  return new ShapeError({ op, argument, must, value: formatShape(shape), fix });
}

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Row-major strides in elements: the last dimension is the fastest. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** Whether these strides walk memory in row-major order without gaps (dimensions of size 1 do not matter). */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

/** These dimensions, the last one's size replaced. */
export function withLast(shape: Shape, size: number): number[] {
  const out = shape.slice();
  out[out.length - 1] = size;
  return out;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The shape that both broadcast to, by NumPy's rule: align from the right; sizes must agree or be 1.
 * @throws ShapeError naming both shapes
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const da = a[a.length - i] ?? 1;
    const db = b[b.length - i] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw new ShapeError({
        op,
        argument: "shapes",
        must: "broadcast together (equal or 1 in every dimension, aligned from the right)",
        value: `${formatShape(a)} and ${formatShape(b)}`,
        fix: `Dimension ${-i} is ${da} in the first and ${db} in the second.`,
      });
    }
    out[rank - i] = da === 1 ? db : da;
  }
  return out;
}

/** The strides that read an array of `shape` as if it had the larger shape `to`: 0 where it repeats. */
export function broadcastStrides(shape: Shape, strides: readonly number[], to: Shape): number[] {
  const lead = to.length - shape.length;
  return to.map((size, i) => (i < lead || (shape[i - lead] === 1 && size !== 1) ? 0 : strides[i - lead]));
}

/** An axis counted from 0; negative ones count from the end. */
export function normalizeAxis(op: string, axis: number, rank: number, argument = "axis"): number {
  const size = Math.max(rank, 1);
  const found = !Number.isInteger(axis) ? size : axis < 0 ? axis + size : axis;
  if (found < 0 || found >= size) {
    throw new ShapeError({
      op,
      argument,
      must:
        rank === 0
          ? "be 0 or -1 for a scalar"
          : `be an integer in [${-rank}, ${rank - 1}] for a tensor of rank ${rank}`,
      value: show(axis),
      fix: typeof axis === "object" ? "Write the number alone." : "",
    });
  }
  return found;
}
