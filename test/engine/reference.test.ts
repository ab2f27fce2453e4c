import { ReferenceEngine } from "../../src/engine/reference/reference-engine.js";
import { elementwiseConformance } from "./conformance/elementwise.js";

const make = () => new ReferenceEngine();
const options = { float64: true };
elementwiseConformance("reference", make, options);
