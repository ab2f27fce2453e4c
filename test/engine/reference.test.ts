import { ReferenceEngine } from "../../src/engine/reference/reference-engine.js";
import { engineConformance } from "./conformance/all.js";

/** The reference in float32 against itself in float64: what its rounding costs, and that every layout agrees. */
engineConformance("reference", () => new ReferenceEngine(), { float64: true });
