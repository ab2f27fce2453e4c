import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES_PER_ELEMENT, isFloat, promote, typedArray, typedView } from "../../src/base/dtype.js";
import { ShapeError } from "../../src/base/errors.js";
import {
  broadcastShapes,
  broadcastStrides,
  contiguousStrides,
  formatShape,
  isContiguous,
  normalizeAxis,
  sameShape,
  sizeOf,
} from "../../src/base/shape.js";

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const SEED = { seed: 7, numRuns: 200 };

describe("shapes", () => {
  test("sizes, strides and text", () => {
    expect([[], [0], [2, 3], [2, 0, 3]].map(sizeOf)).toEqual([1, 0, 6, 0]);
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguousStrides([])).toEqual([]);
    expect(formatShape([2, 3])).toBe("[2, 3]");
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
    expect(sameShape([2], [2, 1])).toBe(false);
  });

  test("contiguous is row-major without gaps; dimensions of size 1 do not matter", () => {
    expect(isContiguous([2, 3], [3, 1])).toBe(true);
    expect(isContiguous([2, 3], [1, 2])).toBe(false);
    expect(isContiguous([2, 3], [4, 1])).toBe(false);
    expect(isContiguous([2, 1, 3], [3, 99, 1])).toBe(true);
    fc.assert(
      fc.property(shapes, (shape) => isContiguous(shape, contiguousStrides(shape))),
      SEED,
    );
  });
});

describe("broadcasting", () => {
  test.each([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [[3], [2, 3], [2, 3]],
    [[], [4], [4]],
    [
      [5, 1, 2],
      [3, 1],
      [5, 3, 2],
    ],
    [[1], [0], [0]],
  ])("%o and %o give %o", (a, b, expected) => {
    expect(broadcastShapes("add", a, b)).toEqual(expected);
    expect(broadcastShapes("add", b, a)).toEqual(expected);
  });

  test("names both shapes and the dimension at fault", () => {
    const broadcast = () => broadcastShapes("add", [2, 3], [2, 4]);
    expect(broadcast).toThrow(ShapeError);
    expect(broadcast).toThrow(
      "add: shapes must broadcast together (equal or 1 in every dimension, aligned from the right), got [2, 3] and [2, 4]. " +
        "Dimension -1 is 3 in the first and 4 in the second.",
    );
  });

  test("strides read every element of the smaller array where the larger one has it", () => {
    expect(broadcastStrides([3, 1], [1, 1], [2, 3, 4])).toEqual([0, 1, 0]);
    expect(broadcastStrides([], [], [2, 2])).toEqual([0, 0]);
    expect(broadcastStrides([1, 3], [7, 2], [1, 3])).toEqual([7, 2]);
    fc.assert(
      fc.property(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (to, ones) => {
        const from = to.map((size, d) => (ones[d] ? 1 : size));
        const strides = broadcastStrides(from, contiguousStrides(from), to);
        return (
          strides.every((stride, d) => from[d] === to[d] || stride === 0) &&
          sameShape(broadcastShapes("f", from, to), to)
        );
      }),
      SEED,
    );
  });
});

describe("axes", () => {
  test("count from the end when negative", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis("sum", axis, 3))).toEqual([0, 2, 2, 0]);
    expect(normalizeAxis("sum", -1, 0)).toBe(0);
    expect(normalizeAxis("sum", 0, 0)).toBe(0);
  });

  test.each([
    [3, 3, "an integer in [-3, 2] for a tensor of rank 3"],
    [-4, 3, "an integer in [-3, 2] for a tensor of rank 3"],
    [0.5, 3, "an integer in [-3, 2] for a tensor of rank 3"],
    [1, 0, "0 or -1 for a scalar"],
    [-2, 0, "0 or -1 for a scalar"],
  ])("axis %d of rank %d is refused", (axis, rank, rule) => {
    expect(() => normalizeAxis("sum", axis, rank)).toThrow(`sum: axis must be ${rule}, got ${axis}.`);
  });
});

describe("dtypes", () => {
  test("promote as PyTorch does: int32 < float32 < float64", () => {
    expect(promote("int32", "int32")).toBe("int32");
    expect(promote("int32", "float32")).toBe("float32");
    expect(promote("float64", "int32")).toBe("float64");
    expect(promote("float32", "float64")).toBe("float64");
  });

  test("know their arrays", () => {
    const memory = new ArrayBuffer(64);
    for (const dtype of ["float32", "float64", "int32"] as const) {
      const array = typedArray(dtype, 3);
      const view = typedView(dtype, memory, 16, 3);
      expect(array.length).toBe(3);
      expect(array.BYTES_PER_ELEMENT).toBe(BYTES_PER_ELEMENT[dtype]);
      expect(view.constructor).toBe(array.constructor);
      expect([view.byteOffset, view.length]).toEqual([16, 3]);
      expect(isFloat(dtype)).toBe(dtype !== "int32");
    }
  });
});
