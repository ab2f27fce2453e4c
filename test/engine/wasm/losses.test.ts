import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { lossConformance } from "../conformance/losses.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  lossConformance(variant.name, make, variant.conformance);
}
