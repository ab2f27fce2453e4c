import { currentEngine } from "../engine/select.js";

export interface MemoryInfo {
  /** Bytes of engine memory that tensors hold. */
  bytes: number;
  /** Blocks they are in. */
  buffers: number;
  /** Bytes that the engine has from the system; it keeps what was freed for the next step. */
  reserved: number;
}

/** Engine memory in use. Within a training loop it is the same after every step. */
export function memory(): MemoryInfo {
  return currentEngine().memory();
}
