import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { sequenceConformance } from "../conformance/sequences.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  sequenceConformance(variant.name, make, variant.conformance);
}
