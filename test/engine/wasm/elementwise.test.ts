import type { Engine } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { dropoutConformance } from "../conformance/dropout.js";
import { elementwiseConformance } from "../conformance/elementwise.js";
import type { KernelUse } from "../conformance/harness.js";
import { VARIANTS } from "./variants.js";

/** sin, cos and pow are the reference's; every other float32 kernel has a fast path whatever the layout. */
const shouldBeFast = ({ dtype, empty, op }: KernelUse): boolean =>
  dtype === "float32" && !empty && op !== "sin" && op !== "cos" && op !== "pow";

for (const variant of VARIANTS) {
  const make = (): Engine => new WasmEngine(variant.options);
  elementwiseConformance(variant.name, make, { ...variant.conformance, shouldBeFast });
  dropoutConformance(variant.name, make, { ...variant.conformance, shouldBeFast });
}
