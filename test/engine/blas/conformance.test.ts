import { describe, expect, test } from "vitest";
import { BlasEngine } from "../../../src/engine/blas/blas-engine.js";
import type { Engine } from "../../../src/engine/engine.js";
import type { CoreOptions } from "../../../src/engine/wasm/core.js";
import { lossConformance } from "../conformance/losses.js";
import { productConformance } from "../conformance/products.js";
import { sequenceConformance } from "../conformance/sequences.js";
import { Bench, sequence } from "../wasm/kernel-runs.js";
import { wasmOptions } from "../wasm/variants.js";
import { type CountedBlas, jsBlas, KINDS, noSystemBlas, systemBlas } from "./engines.js";

const SETTINGS: readonly { name: string; options: CoreOptions }[] = [
  { name: "relaxed", options: { threads: 1 } },
  { name: "simd, 3 threads", options: { variant: "simd", threads: 3, worthSharing: 0 } },
];

for (const kind of KINDS) {
  // The one in JavaScript is slow, and is the same on one thread.
  for (const { name, options } of kind.make === systemBlas ? SETTINGS : SETTINGS.slice(1)) {
    const used: CountedBlas[] = [];
    const make = (): Engine => {
      const blas = kind.make();
      used.push(blas);
      return new BlasEngine(blas, options);
    };
    const title = `${kind.name}, ${name}`;
    productConformance(title, make, { ...wasmOptions, shouldBeFast: ({ dtype }) => dtype === "float32" });
    sequenceConformance(title, make, wasmOptions);
    lossConformance(title, make, wasmOptions);
    describe(title, () => {
      test("made products, in most families", () => {
        expect(used.filter(({ calls }) => calls > 0).length).toBeGreaterThan(used.length / 2);
      });
    });
  }
}

test("makes the products of a step of four rows, and not of three, which are quicker without", () => {
  const [one, three, four] = [1, 3, 4].map((n) => {
    const blas = jsBlas();
    const engine = new BlasEngine(blas, { threads: 1 });
    sequence(new Bench(engine), "lstm", [50, n, 24, 40], false);
    engine.close();
    return blas.calls;
  });
  expect(Math.max(one!, three!)).toBeLessThan(50);
  // Forward and back.
  expect(four).toBeGreaterThan(100);
});

describe("the system's BLAS", () => {
  test.skipIf(noSystemBlas !== undefined)(`skip: ${noSystemBlas ?? "none"}`, () => {
    expect(KINDS).toHaveLength(2);
  });
});
