import type { DType } from "../../src/base/dtype.js";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference/reference-engine.js";
import { WasmEngine } from "../../src/engine/wasm/wasm-engine.js";
import { WIDE_ALONE } from "./builds.js";

/** Every engine that must agree with PyTorch, and the floating dtypes in which it has kernels of its own. */
export const ENGINES: { name: string; engine: Engine; dtypes: DType[] }[] = WIDE_ALONE
  ? [{ name: "wasm 256-bit, 2 threads", engine: new WasmEngine({ variant: "wide", threads: 2 }), dtypes: ["float32"] }]
  : [
      { name: "reference", engine: new ReferenceEngine(), dtypes: ["float32", "float64"] },
      { name: "wasm, plain SIMD", engine: new WasmEngine({ variant: "simd", threads: 1 }), dtypes: ["float32"] },
      { name: "wasm, best SIMD, 2 threads", engine: new WasmEngine({ threads: 2 }), dtypes: ["float32"] },
    ];
