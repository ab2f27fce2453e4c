import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { optimizerConformance } from "../conformance/optimizers.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  optimizerConformance(variant.name, (): Engine => new WasmEngine(variant.options), variant.conformance);
}
