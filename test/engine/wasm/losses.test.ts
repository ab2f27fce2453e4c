import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import type { KernelUse } from "../conformance/harness.js";
import { lossConformance } from "../conformance/losses.js";
import { VARIANTS, wasmOptions } from "./variants.js";

const shouldBeFast = ({ kernel, dtype, contiguous, empty }: KernelUse): boolean =>
  dtype === "float32" && contiguous && !empty && kernel !== "linearCrossEntropy";

for (const variant of VARIANTS) {
  lossConformance(variant.name, (): Engine => new WasmEngine(variant.options), { ...wasmOptions, shouldBeFast });
}
