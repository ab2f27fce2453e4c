import { describe, expect, test } from "vitest";
import type { TypedArray } from "../../../src/base/dtype.js";
import type { Engine } from "../../../src/engine/engine.js";
import { STEPS_WORD } from "../../../src/engine/wasm/loader.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { expectSameBits } from "../../support/bits.js";
import { productConformance } from "../conformance/products.js";
import { Bench, product } from "./kernel-runs.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  // Every layout of float32 has a fast path.
  productConformance(variant.name, make, { ...variant.conformance, shouldBeFast: ({ dtype }) => dtype === "float32" });
}

/** Which of the two a compiler is given depends on the compiler, so both run here. */
describe("tiles that take several steps of k an iteration", () => {
  for (const { name, options } of VARIANTS.filter(({ options: { threads } }) => threads === 1)) {
    test(`${name}: the same bits as one step, where k is a multiple of the steps or not`, () => {
      const run = (isSeveral: number): TypedArray[] => {
        const engine = new WasmEngine(options);
        engine.core.i32[STEPS_WORD] = isSeveral;
        const bench = new Bench(engine);
        for (const m of [4, 5, 6, 11, 27]) {
          for (const k of [1, 2, 3, 4, 5, 7, 300]) {
            for (const layout of ["nn", "tn"]) product(bench, m, 29, k, layout);
          }
        }
        engine.close();
        return bench.results();
      };
      const several = run(1);
      expectSameBits(several, run(0), "several steps");
      expect(several).toHaveLength(70);
    });
  }
});
