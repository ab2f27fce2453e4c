/** Models as bytes, wherever they come from and go to. */
export * from "../../interchange/formats/safetensors/index.js";
export { fromBytes, type SaveOptions, toBytes } from "./bytes.js";
export type { CheckpointValues, Parts } from "./parts.js";
export type { NamedTensors } from "./tensors.js";
