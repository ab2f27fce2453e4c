export { type DecodedEntry, type DecodedSafetensors, encodeSafetensors, type TensorEntry } from "./safetensors.js";
export { decodeSafetensors } from "./safetensors-decode.js";
export type { StoredDType } from "./safetensors-dtype.js";
