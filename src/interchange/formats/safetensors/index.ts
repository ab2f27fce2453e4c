export { decodeSafetensors } from "./decode.js";
export {
  type DecodedEntry,
  type DecodedSafetensors,
  type EncodeOptions,
  encodeSafetensors,
  type TensorEntry,
} from "./encode.js";
export type { HalfDType, StoredDType } from "./stored-dtype.js";
