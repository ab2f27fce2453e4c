export type { SaveOptions } from "./bytes.js";
export { load, loadCheckpoint, save, saveCheckpoint } from "./files.js";
export type { CheckpointValues, Parts } from "./parts.js";
export type { NamedTensors } from "./tensors.js";
