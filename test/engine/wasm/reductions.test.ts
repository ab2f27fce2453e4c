import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import type { KernelUse } from "../conformance/harness.js";
import { reductionConformance } from "../conformance/reductions.js";
import { softmaxConformance } from "../conformance/softmax.js";
import { VARIANTS } from "./variants.js";

/** Products are the reference's; every other float32 reduction has a fast path whatever the layout. */
const shouldBeFast = ({ dtype, empty, op }: KernelUse): boolean => dtype === "float32" && !empty && op !== "prod";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  reductionConformance(variant.name, make, { ...variant.conformance, shouldBeFast });
  softmaxConformance(variant.name, make, { ...variant.conformance, shouldBeFast });
}
