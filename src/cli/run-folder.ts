import { accessSync, appendFileSync, constants, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FileError } from "../base/errors.js";
import { fileErrorCode, writeFileAtomic } from "../io/files-node.js";
import type { CheckpointKind } from "../train/index.js";
import { CliError, EXIT } from "./cli-error.js";

const FILES = {
  config: "config.json",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  best: "best.safetensors",
} as const;

/** How files are replaced; a test puts a failing one in its place. */
export type WriteFile = (path: string, bytes: Uint8Array) => void;

/**
 * What a training run leaves: `config.json` (resolved), `metrics.jsonl` (one line a report), `last.safetensors` and
 * `best.safetensors`.
 */
export class RunFolder {
  readonly path: string;
  readonly #write: WriteFile;
  /** What could not be written yet. */
  readonly #pending = new Map<CheckpointKind, Uint8Array>();
  #metricsFailed = false;

  constructor(path: string, write: WriteFile = writeFileAtomic) {
    this.path = path;
    this.#write = write;
  }

  file(kind: keyof typeof FILES): string {
    return join(this.path, FILES[kind]);
  }

  /** Whether a run lies here. */
  get holdsRun(): boolean {
    return Object.values(FILES).some((name) => existsSync(join(this.path, name)));
  }

  get holdsCheckpoint(): boolean {
    return existsSync(this.file("last")) || existsSync(this.file("best"));
  }

  /**
   * Before training starts: may a run be written here?
   * @throws CliError when the path is a file, cannot be written, or holds another run
   */
  checkFree(): void {
    this.#checkUsable();
    if (!this.holdsRun) return;
    throw new CliError({
      exitCode: EXIT.files,
      where: this.path,
      found: "found another run",
      expected: "a new run needs a folder without one",
      untouched: "That run is untouched.",
      fix: `--out with another folder, or --resume to go on with that run`,
    });
  }

  /** @throws CliError when there is no run to go on with */
  checkResumable(): void {
    this.#checkUsable();
    if (existsSync(this.file("last"))) return;
    throw new CliError({
      exitCode: EXIT.files,
      where: this.path,
      found: `found no ${FILES.last}`,
      expected: "--resume goes on with a run that has one",
      untouched: "Nothing was written.",
      fix: "the same command without --resume",
    });
  }

  create(config: object): void {
    this.#attempt(() => makeFolder(resolve(this.path)));
    this.writeConfig(config);
  }

  writeConfig(config: object): void {
    this.#write(this.file("config"), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
  }

  /**
   * Writes checkpoints; what fails is kept and written with the next ones.
   * @throws FileError
   */
  save(kinds: readonly CheckpointKind[], bytes: Uint8Array): void {
    for (const kind of kinds) this.#pending.set(kind, bytes);
    this.#attempt(() => makeFolder(resolve(this.path)));
    for (const [kind, content] of [...this.#pending]) {
      this.#write(this.file(kind), content);
      this.#pending.delete(kind);
    }
  }

  /** One line of metrics. Returns the first failure, null otherwise: metrics are not worth ending a run. */
  appendMetrics(line: object): FileError | null {
    try {
      this.#attempt(() => appendFileSync(this.file("metrics"), `${JSON.stringify(line)}\n`));
      this.#metricsFailed = false;
      return null;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const first = !this.#metricsFailed;
      this.#metricsFailed = true;
      return first ? error : null;
    }
  }

  /** Leaves out the lines of steps that a resumed run does again, and a last line cut short. */
  trimMetrics(step: number): void {
    if (!existsSync(this.file("metrics"))) return;
    const lines = readFileSync(this.file("metrics"), "utf8").split("\n");
    const kept = lines.filter((line) => stepOf(line) <= step).map((line) => `${line}\n`);
    this.#write(this.file("metrics"), new TextEncoder().encode(kept.join("")));
  }

  #checkUsable(): void {
    // The nearest folder that is there decides whether the rest can be made.
    let at = resolve(this.path);
    while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
    const isFolder = statSync(at).isDirectory();
    if (!isFolder) {
      throw new CliError({
        exitCode: EXIT.files,
        where: this.path,
        found: at === resolve(this.path) ? "found a file" : `found a file at ${at}`,
        expected: "a run needs a folder",
        untouched: "The file is untouched.",
        fix: "--out with another path",
      });
    }
    try {
      accessSync(at, constants.W_OK | constants.X_OK);
    } catch (cause) {
      const found = `found ${at === resolve(this.path) ? "a folder" : at} that may not be written (${fileErrorCode(cause)})`;
      const expected = "a run writes its files there";
      const untouched = "Nothing was written.";
      const parts = { exitCode: EXIT.files, where: this.path, found, expected, untouched };
      throw new CliError({ ...parts, fix: "--out with another folder, or other permissions" }, { cause });
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (cause) {
      const code = fileErrorCode(cause) ?? "EUNKNOWN";
      const value = cause instanceof Error ? cause.message : String(cause);
      const parts = { op: "run folder", argument: this.path, must: "be a folder that can be written", value };
      throw new FileError({ ...parts, code, path: this.path }, { cause });
    }
  }
}

/** With its parents, one by one: Node's own recursive mkdir never ends where the system answers ENOENT, as /proc does. */
function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) mkdirSync(folder);
}

/** Infinity for a line that is not whole. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === "number" ? step : Infinity;
  } catch {
    return Infinity;
  }
}
