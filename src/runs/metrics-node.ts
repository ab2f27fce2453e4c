import type { FileError } from "../base/errors.js";
import { appendToFile, failureOf, fileError, writeFileAtomic } from "../io/files-node.js";
import { type RunFileSystem, systemFiles } from "./file-system-node.js";

/** `metrics.jsonl`: one line a report. It is worth reading, and not worth ending a run. */
export class MetricsFile {
  readonly path: string;
  readonly #fs: RunFileSystem;
  #failed = false;

  constructor(path: string, fs: RunFileSystem = systemFiles) {
    this.path = path;
    this.#fs = fs;
  }

  /**
   * Adds a line. Returns the first failure of several in a row, null otherwise.
   * @param prepare  what has to hold before, and throws a FileError where it does not
   */
  append(line: object, prepare: () => void = () => {}): FileError | null {
    const failure = failureOf(() => {
      prepare();
      appendToFile(this.path, new TextEncoder().encode(`${JSON.stringify(line)}\n`), { fs: this.#fs });
    });
    const isFirst = failure !== null && !this.#failed;
    this.#failed = failure !== null;
    return isFirst ? failure : null;
  }

  /** Before a checkpoint is replaced: what led to it is then on the disk, unless the disk refuses, as `append` tells. */
  flush(): void {
    if (!this.#fs.existsSync(this.path)) return;
    failureOf(() => appendToFile(this.path, new Uint8Array(0), { flush: true, fs: this.#fs }));
  }

  /** The step of the last whole line; -1 where there is none. */
  get lastStep(): number {
    // One by one: a long run has more lines than a call may have arguments.
    return this.#lines().reduce((last, line) => {
      const step = stepOf(line);
      return Number.isFinite(step) ? Math.max(last, step) : last;
    }, -1);
  }

  /**
   * Leaves out the lines of steps that a resumed run does again, and a last line cut short.
   * @throws FileError
   */
  trim(step: number): void {
    const lines = this.#lines();
    const kept = lines.filter((line) => stepOf(line) <= step);
    if (lines.length === kept.length + 1 && lines.at(-1) === "") return;
    const text = kept.map((line) => `${line}\n`).join("");
    writeFileAtomic(this.path, new TextEncoder().encode(text), this.#fs);
  }

  #lines(): string[] {
    if (!this.#fs.existsSync(this.path)) return [""];
    try {
      return this.#fs.readFileSync(this.path, "utf8").split("\n");
    } catch (cause) {
      throw fileError("run folder", this.path, cause);
    }
  }
}

/** Infinity for a line that is not whole. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === "number" ? step : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
