import type { FileError } from "../base/errors.js";
import type { CheckpointKind } from "../train/index.js";
import { RunFolder } from "./run-folder-node.js";

/** The run folder as a rank sees it that is not to write: rank 0 does, and hands on what training goes on from. */
export class FollowerFolder extends RunFolder {
  /** The checkpoint that rank 0 goes on from; empty where there is none. */
  given: Uint8Array = new Uint8Array(0);

  override checkFree(): void {}
  override checkResumable(): void {}
  override lock(): void {}
  override unlock(): void {}
  override create(): void {}
  override writeConfig(): void {}
  override trimMetrics(): void {}
  override save(_kinds: readonly CheckpointKind[], _bytes: Uint8Array, tell: () => void = () => {}): void {
    tell();
  }
  override appendMetrics(): FileError | null {
    return null;
  }
}
