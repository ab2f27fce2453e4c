import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { indexingConformance } from "../conformance/indexing.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  indexingConformance(variant.name, (): Engine => new WasmEngine(variant.options), variant.conformance);
}
