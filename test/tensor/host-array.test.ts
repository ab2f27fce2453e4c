import { expect, test } from "vitest";
import type { DType } from "../../src/base/dtype.js";
import { Generator } from "../../src/base/random.js";
import { hostArray } from "../../src/tensor/host-array.js";

test("arrays that share memory overlap no other, whatever their types and sizes", () => {
  const generator = new Generator(3);
  const dtypes: readonly DType[] = ["float32", "float64", "int32"];
  const arrays = Array.from({ length: 300 }, (_, i) => {
    const array = hostArray(dtypes[generator.integer(3)]!, generator.integer(700));
    return { array: array.fill(i), i };
  });
  for (const { array, i } of arrays) expect(array.every((x) => x === i)).toBe(true);
  expect(new Set(arrays.map(({ array }) => array.buffer)).size).toBeLessThan(arrays.length);
});
