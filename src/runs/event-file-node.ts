import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { FileError } from "../base/errors.js";
import {
  encodeEvent,
  encodeFirstEvent,
  encodeRecord,
  encodeRestart,
  type Summary,
} from "../interchange/formats/tfevents/index.js";
import { appendToFile, failureOf, fileError } from "../io/files-node.js";

/** A file of events for TensorBoard, which grows as training goes. It is worth reading, and not worth ending a run. */
export class EventFile {
  readonly #folder: string;
  readonly #now: () => number;
  #path: string | undefined;
  #failed = false;

  /** @param now  seconds since 1970 */
  constructor(folder: string, now: () => number = () => Date.now() / 1000) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Of a run that goes on: what was told of later steps does not hold any more. */
  restart(step: number): FileError | null {
    return this.#append(encodeRestart(this.#now(), step));
  }

  /** Returns the first failure of several in a row, null otherwise. */
  tell(step: number, summaries: readonly Summary[]): FileError | null {
    return summaries.length === 0 ? null : this.#append(encodeEvent(this.#now(), step, summaries));
  }

  #append(event: Uint8Array): FileError | null {
    const failure = failureOf(() => appendToFile(this.#file(), encodeRecord(event)));
    const isFirst = failure !== null && !this.#failed;
    this.#failed = failure !== null;
    return isFirst ? failure : null;
  }

  /** TensorBoard knows its files by their names, and reads those of one folder in the order of their times. */
  #file(): string {
    if (this.#path !== undefined) return this.#path;
    try {
      mkdirSync(this.#folder, { recursive: true });
    } catch (cause) {
      throw fileError("mkdir", this.#folder, cause);
    }
    const now = this.#now();
    const path = join(this.#folder, `events.out.tfevents.${Math.floor(now)}.${hostname()}.${process.pid}.0`);
    appendToFile(path, encodeRecord(encodeFirstEvent(now)));
    this.#path = path;
    return path;
  }
}
