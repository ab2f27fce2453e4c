import type { DType } from "../../src/base/dtype.js";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference/reference-engine.js";

/** Every engine that must agree with PyTorch and with the reference, and the floating dtypes it computes in. */
export const ENGINES: { name: string; engine: Engine; dtypes: DType[] }[] = [
  { name: "reference", engine: new ReferenceEngine(), dtypes: ["float32", "float64"] },
];
