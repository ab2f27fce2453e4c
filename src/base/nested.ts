import { ShapeError } from "./errors.js";
import type { Shape } from "./shape.js";

/** Nested arrays of numbers, as `toArray()` gives and `tensor()` and `array()` take them. */
export type NestedArray = number | NestedArray[];

/** A list of numbers, or of lists: typed arrays are rows too. */
function isList(value: unknown): value is NestedArray[] {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** More dimensions are a mistake, such as an array that holds itself. */
const DEEPEST = 64;

function tooDeep(op: string): ShapeError {
  return new ShapeError({ op, argument: "data", must: `be at most ${DEEPEST} arrays deep`, value: "deeper ones" });
}

/**
 * The elements in row-major order, and the shape of the nesting.
 * @throws ShapeError for ragged arrays
 */
export function flattenNested(op: string, data: NestedArray): [number[], number[]] {
  const shape: number[] = [];
  for (let level: NestedArray | undefined = data; isList(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > DEEPEST) throw tooDeep(op);
  }
  const flat: number[] = [];
  const visit = (item: NestedArray, axis: number): void => {
    if (!isList(item)) {
      if (axis < shape.length) throw ragged(op, shape, axis, "a number");
      flat.push(item);
      return;
    }
    if (item.length !== shape[axis])
      throw ragged(op, shape, axis, axis < shape.length ? `a row of ${item.length}` : "an array");
    for (const inner of item) visit(inner, axis + 1);
  };
  visit(data, 0);
  return [flat, shape];
}

/** Nested arrays of `shape` from elements in row-major order; a number for a scalar. */
export function nest(data: ArrayLike<number>, shape: Shape): NestedArray {
  const build = (axis: number, at: number, step: number): NestedArray => {
    if (axis === shape.length) return data[at];
    const size = shape[axis];
    const inner = step / Math.max(size, 1);
    return Array.from({ length: size }, (_, i) => build(axis + 1, at + i * inner, inner));
  };
  return build(0, 0, data.length);
}

function ragged(op: string, shape: Shape, axis: number, found: string): ShapeError {
  const must =
    axis < shape.length ? `be arrays of ${shape[axis]} at depth ${axis}, as the first is` : "be numbers at that depth";
  return new ShapeError({ op, argument: "data", must, value: found, fix: "Pad ragged rows first." });
}
