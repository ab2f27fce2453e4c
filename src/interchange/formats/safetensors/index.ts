export { decodeSafetensors } from "./decode.js";
export { type DecodedEntry, type DecodedSafetensors, encodeSafetensors, type TensorEntry } from "./encode.js";
export type { StoredDType } from "./stored-dtype.js";
