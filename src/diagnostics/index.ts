/** Looking into a network: gradients on their way through time, gates, matrices, updates; and drawings of them. */

export * as svg from "../svg/index.js";
export { type Architecture, type ArchitectureRow, architecture } from "./architecture.js";
export type { Finding, Thresholds } from "./findings.js";
export { type GateTrace, saturation } from "./gates.js";
export type { LayerTrace } from "./observed-run.js";
export type { GateActivation, LayerPlace, RecurrentNet } from "./recurrent-net.js";
export { type LayerRadii, spectralRadii, spectralRadius } from "./spectral-radius.js";
export { type Trace, type TracedLayer, type TraceOptions, trace } from "./trace.js";
export { type UpdateRatio, updateRatio, type WeightSnapshot, weightSnapshot } from "./update-ratio.js";
export { type WatchedRun, watch } from "./watch.js";
