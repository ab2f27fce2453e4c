import { currentEngine } from "../engine/select.js";
import { waitingBytes } from "./moved.js";
import { unwalkedBytes } from "./on-engine.js";

export interface MemoryInfo {
  /** Bytes of engine memory that tensors hold. */
  bytes: number;
  /** Blocks they are in. */
  buffers: number;
  /** Bytes that the engine has from the system; it keeps what was freed for the next step. */
  reserved: number;
  /** Of `bytes`, those of graphs that no `backward()` has walked: wanted by one to come, or inference without `noGrad`. */
  unwalked: number;
  /**
   * Bytes in JavaScript memory, beyond `bytes`, that moved there because they may be garbage: old graphs that nobody walked, models not
   * in use. The collector takes those that nobody can reach; they are counted until its finalizers have run, which is between tasks.
   */
  waiting: number;
}

/**
 * Memory in use. Within a training loop it is the same after every step. Inference without `noGrad` is bounded too: what it leaves moves to
 * JavaScript memory in the order of its age, at 48 MiB (16 in a browser) or what the largest graph needs, and the garbage collector takes
 * it there.
 */
export function memory(): MemoryInfo {
  return { ...currentEngine().memory(), unwalked: unwalkedBytes(), waiting: waitingBytes() };
}
