import * as nodeFs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FileError } from "../base/errors.js";
import {
  failureOf,
  fileError,
  fileErrorCode,
  flushFolder,
  readFileBytes,
  removeQuietly,
  temporaryOf,
  writeFileAtomic,
} from "../io/files-node.js";
import type { CheckpointKind } from "../train/index.js";
import { type RunFileSystem, systemFiles } from "./file-system-node.js";
import { checkUnlocked, isLockLeftover, lost, RunLock } from "./lock-node.js";
import { MetricsFile } from "./metrics-node.js";
import { type CheckpointProgress, recover } from "./recovery.js";

const FILES = {
  config: "config.json",
  metrics: "metrics.jsonl",
  last: "last.safetensors",
  best: "best.safetensors",
} as const;
const LOCK = ".lock";

/**
 * What a training run leaves: `config.json` (resolved), `metrics.jsonl` (one line a report), `last.safetensors` and
 * `best.safetensors`, and `.lock` while a process writes. Readers need no lock: files are replaced whole.
 */
export class RunFolder {
  readonly path: string;
  readonly metrics: MetricsFile;
  /** Told what a user should know and need not act on. */
  onNotice: (line: string) => void = () => {};
  readonly #fs: RunFileSystem;
  /** What could not be written yet. */
  readonly #pending = new Map<CheckpointKind, Uint8Array>();
  /** What `last` holds, when this writer wrote it. */
  #last: Uint8Array | undefined;
  #config: object | undefined;
  #lock: RunLock | undefined;
  /** Another run is here now: nothing more may be written. */
  #lost: FileError | undefined;

  constructor(path: string, fs: RunFileSystem = systemFiles) {
    this.path = path;
    this.#fs = fs;
    this.metrics = new MetricsFile(this.file("metrics"), fs);
  }

  file(kind: keyof typeof FILES): string {
    return join(this.path, FILES[kind]);
  }

  /** Whether anything of a run lies here. A link counts, wherever it points. */
  get holdsRun(): boolean {
    return (Object.keys(FILES) as (keyof typeof FILES)[]).some((kind) => this.#holds(kind));
  }

  get holdsCheckpoint(): boolean {
    return this.#holds("last") || this.#holds("best");
  }

  /**
   * Before training starts: may a run be written here?
   * @throws FileError when the path is a file, cannot be written, holds another run (`run-exists`) or is written to (`locked`)
   */
  checkFree(): void {
    this.#checkUsable();
    if (!this.holdsRun) return;
    checkUnlocked(join(this.path, LOCK), this.path, this.#fs);
    throw this.#error(
      "run-exists",
      "be a folder without a run",
      "another run",
      "Choose another folder, or go on with that run.",
    );
  }

  /**
   * Before training goes on. A run that was stopped before its first save has a config alone, and begins anew.
   * @throws FileError when there is no run and one may be started (`no-run`), when something else is there (`not-a-run`), or when the folder
   *   cannot be written
   */
  checkResumable(): void {
    this.#checkUsable();
    if (this.holdsCheckpoint || this.#holds("config")) return;
    const [code, fix] = this.holdsRun
      ? ["not-a-run", "Choose the folder of a run."]
      : ["no-run", "Choose the folder of a run, or start one here."];
    throw this.#error(code, "be a folder with a run", "none", fix);
  }

  /**
   * Makes this process the one that may write here, and removes what writers that were killed left half done.
   * @throws FileError with the code `locked` when another process writes
   */
  lock(): void {
    if (this.#lock !== undefined) return;
    this.#attempt(() => this.#makeFolder());
    this.#lock = new RunLock(
      join(this.path, LOCK),
      this.path,
      (line) => this.onNotice(`${this.path}: ${line}`),
      this.#fs,
    );
    this.#attempt(() => this.#removeLeftovers());
  }

  get isLocked(): boolean {
    return this.#lock !== undefined;
  }

  /** Whether a process writes here: this one, or another that is certainly alive. */
  get isWrittenTo(): boolean {
    return this.isLocked || failureOf(() => checkUnlocked(join(this.path, LOCK), this.path, this.#fs)) !== null;
  }

  unlock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** @throws FileError as `checkFree` does: another process may have been faster */
  create(config: object): void {
    this.lock();
    if (this.holdsRun) this.checkFree();
    this.writeConfig(config);
  }

  writeConfig(config: object): void {
    this.#config = config;
    writeFileAtomic(this.file("config"), configBytes(config), this.#fs);
  }

  /**
   * The checkpoint to go on from, after mending what a stop between two operations left.
   * @param read  a checkpoint's content and where its training stood
   * @returns null when nothing had been saved yet
   */
  recover<T>(read: (path: string) => T, progressOf: (checkpoint: T) => CheckpointProgress): T | null {
    const last = this.#holds("last") ? read(this.file("last")) : null;
    const best = this.#holds("best") ? this.#readBest(read, last === null) : null;
    const progress = (checkpoint: T | null) => (checkpoint === null ? null : progressOf(checkpoint));
    const plan = recover(progress(last), progress(best), this.metrics.lastStep);
    if (plan === null) return null;
    const { from, rewrite, lost } = plan;
    if (rewrite !== null) {
      this.onNotice(
        `${this.path}: the last save was cut short; ${FILES[rewrite]} is written again from ${FILES[from]}.`,
      );
      writeFileAtomic(this.file(rewrite), readFileBytes(this.file(from)), this.#fs);
    }
    if (lost !== null) {
      this.onNotice(
        `warning: ${this.path}: the best model so far, of step ${lost}, is not in ${FILES.best}; only a better one replaces what is there.`,
      );
    }
    return from === "last" ? last : best;
  }

  /**
   * Writes checkpoints: `best`, then `last`; what fails is kept and written with the next ones. The best model is always
   * in one of the two: as long as `best` cannot be written, `last` holds it, and what came later waits.
   * @param tell  called in between, whether or not `best` could be written
   * @throws FileError
   */
  save(kinds: readonly CheckpointKind[], bytes: Uint8Array, tell: () => void = () => {}): void {
    for (const kind of kinds) this.#pending.set(kind, bytes);
    const closed = failureOf(() => this.#restore());
    const failed = closed ?? failureOf(() => this.#writePending("best"));
    tell();
    if (closed !== null) throw closed;
    this.metrics.flush();
    const best = this.#pending.get("best");
    if (best === undefined) this.#writePending("last");
    else if (this.#last !== best) this.#write("last", best);
    if (failed !== null) throw failed;
  }

  /** Before training goes on from `step`: what was told of later ones goes. */
  trimMetrics(step: number): void {
    this.metrics.trim(step);
  }

  /** One line of metrics. Returns the first failure of several in a row, null otherwise. */
  appendMetrics(line: object): FileError | null {
    return this.metrics.append(line, () => this.#restore());
  }

  /** Someone deleted the folder, or its config, in mid-run: what a resume needs is made anew. */
  #restore(): void {
    if (this.#lost !== undefined) throw this.#lost;
    const isGone = !this.#fs.existsSync(this.path);
    if (isGone) this.#attempt(() => this.#makeFolder());
    const wasLocked = this.#lock?.confirm() ?? true;
    if (this.#config === undefined) return;
    if (this.#holds("config")) {
      if (!wasLocked) this.#checkOwn(this.#config);
      return;
    }
    this.writeConfig(this.#config);
    this.onNotice(
      isGone
        ? `warning: ${this.path} was gone: it is made anew, without what it held before.`
        : `warning: ${this.file("config")} was gone: it is written again.`,
    );
  }

  /** Without a lock another run may have come and gone. */
  #checkOwn(config: object): void {
    if (Buffer.compare(readFileBytes(this.file("config")), configBytes(config)) === 0) return;
    this.unlock();
    this.#lost = lost(this.#error("run-exists", "be a folder without a run", "another run", ""));
    throw this.#lost;
  }

  #writePending(kind: CheckpointKind): void {
    const bytes = this.#pending.get(kind);
    if (bytes === undefined) return;
    this.#write(kind, bytes);
    this.#pending.delete(kind);
  }

  #write(kind: CheckpointKind, bytes: Uint8Array): void {
    writeFileAtomic(this.file(kind), bytes, this.#fs);
    if (kind !== "last") return;
    this.#last = bytes;
    if (this.#pending.get("last") === bytes) this.#pending.delete("last");
  }

  /** A best checkpoint that cannot be read is as good as none, unless there is no other. */
  #readBest<T>(read: (path: string) => T, isNeeded: boolean): T | null {
    try {
      return read(this.file("best"));
    } catch (error) {
      if (isNeeded) throw error;
      return null;
    }
  }

  #holds(kind: keyof typeof FILES): boolean {
    try {
      return this.#fs.lstatSync(this.file(kind), { throwIfNoEntry: false }) !== undefined;
    } catch (cause) {
      throw fileError("run folder", this.file(kind), cause);
    }
  }

  #removeLeftovers(): void {
    const ours: readonly string[] = Object.values(FILES);
    for (const name of this.#fs.readdirSync(this.path)) {
      const path = join(this.path, name);
      const changed = this.#fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (ours.includes(temporaryOf(name) ?? "") || isLockLeftover(name, LOCK, Date.now() - changed)) {
        removeQuietly(path, this.#fs);
      }
    }
  }

  #checkUsable(): void {
    // The nearest folder that is there decides whether the rest can be made.
    let at = resolve(this.path);
    while (!this.#fs.existsSync(at) && dirname(at) !== at) at = dirname(at);
    const isHere = at === resolve(this.path);
    if (!this.#fs.statSync(at).isDirectory()) {
      throw this.#error("ENOTDIR", "be a folder", isHere ? "a file" : `a file at ${at}`, "Choose another path.");
    }
    try {
      this.#fs.accessSync(at, nodeFs.constants.W_OK | nodeFs.constants.X_OK);
    } catch (cause) {
      const code = fileErrorCode(cause) ?? "EUNKNOWN";
      const value = `${isHere ? "a folder" : at} that may not be written (${code})`;
      const fix = "Choose another folder, or other permissions.";
      throw this.#error(code, "be a folder that this user may write", value, fix, cause);
    }
  }

  /** With its parents, one by one: Node's own recursive mkdir never ends where the system answers ENOENT, as /proc does. */
  #makeFolder(): void {
    const missing: string[] = [];
    let at = resolve(this.path);
    for (; !this.#fs.existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
    for (const folder of missing) {
      try {
        this.#fs.mkdirSync(folder);
      } catch (error) {
        // Another run was faster with a folder that both need.
        if (fileErrorCode(error) !== "EEXIST") throw error;
      }
      flushFolder(dirname(folder), folder, this.#fs);
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (cause) {
      if (cause instanceof FileError) throw cause;
      const value = cause instanceof Error ? cause.message : String(cause);
      throw this.#error(fileErrorCode(cause) ?? "EUNKNOWN", "be a folder that can be written", value, "", cause);
    }
  }

  #error(code: string, must: string, value: string, fix: string, cause?: unknown): FileError {
    return new FileError({ op: "run folder", argument: this.path, must, value, fix, code, path: this.path }, { cause });
  }
}

function configBytes(config: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
}
