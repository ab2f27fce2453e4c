import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { productConformance } from "../conformance/products.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  // Every layout of float32 has a fast path.
  productConformance(variant.name, make, { ...variant.conformance, shouldBeFast: ({ dtype }) => dtype === "float32" });
}
