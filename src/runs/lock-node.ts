/**
 * One writer to a folder. Whoever makes the lock file holds the lock: a link to a finished file, so that nobody ever
 * reads half of one, or where the file system has no links, exclusive creation. Both are atomic, over NFS too.
 *
 * A writer that was killed leaves its file. It is replaced once its process is known to be dead, on a disk of this machine also
 * by a reboot; where that cannot be told (another machine, another container), once it has shown no sign of life for three
 * minutes: a writer touches its lock every ten seconds, and times are compared by the clock of the file server alone. Of several
 * that replace the same lock one wins, because each must first hold a second lock which is named after the first one's content.
 * A writer that was thought dead, and was only asleep, finds at its next save that the lock is not its own.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { dirname } from "node:path";
import { FileError } from "../base/errors.js";
import { failureOf, fileError, fileErrorCode, removeQuietly, writeTemporary } from "../io/files-node.js";
import { type RunFileSystem, systemFiles } from "./file-system-node.js";
import { isOfOneKernel, isRunning, ownIdentity, type ProcessIdentity } from "./process-identity-node.js";

const BEAT_MS = 10_000;
export const SILENCE_MS = 180_000;
/** More than lost races take; what still fails then is no race. */
const TRIES = 20;
/** Of file systems without hard links. */
const NO_LINKS: readonly (string | undefined)[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

interface Holder {
  /** Null for a lock that nobody can read, as one cut short by a power cut. */
  identity: (ProcessIdentity & { since: string }) | null;
  content: string;
  /** Since its last sign of life. */
  silentMs: number;
  /** Undefined where it cannot be told. */
  isRunning: boolean | undefined;
}

export class RunLock {
  readonly #path: string;
  readonly #folder: string;
  readonly #fs: RunFileSystem;
  readonly #content: string;
  readonly #beat: NodeJS.Timeout;

  /**
   * @param folder  what the lock is for, as errors call it
   * @param onTakeover  told of the dead process whose lock was replaced
   * @throws FileError with the code `locked` when another process holds it, else with the system's
   */
  constructor(path: string, folder: string, onTakeover: (line: string) => void, fs: RunFileSystem = systemFiles) {
    this.#path = path;
    this.#folder = folder;
    this.#fs = fs;
    const lock = { ...ownIdentity(), since: new Date().toISOString(), id: randomBytes(8).toString("hex") };
    this.#content = `${JSON.stringify(lock)}\n`;
    this.#attempt(() => take(path, this.#content, folder, onTakeover, fs));
    this.#beat = setInterval(() => this.#touch(), BEAT_MS).unref();
  }

  /**
   * Makes sure that the lock is still this writer's. One that someone deleted is made again.
   * @returns whether it was still there
   * @throws FileError with the code `lock-lost` when another has taken it, be that one alive or dead
   */
  confirm(): boolean {
    let isThere = true;
    this.#attempt(() => {
      const holder = readHolder(this.#path, 0, this.#fs);
      if (holder?.content === this.#content) return;
      if (holder !== null) throw lost(locked(this.#folder, holder));
      isThere = false;
      const raced = failureOf(() => take(this.#path, this.#content, this.#folder, () => {}, this.#fs));
      if (raced !== null) throw raced.code === "locked" ? lost(raced) : raced;
    });
    return isThere;
  }

  release(): void {
    clearInterval(this.#beat);
    try {
      if (readContent(this.#path, this.#fs) === this.#content) this.#fs.unlinkSync(this.#path);
    } catch {
      // The next writer finds that this process is dead.
    }
  }

  /** Writes what is there already: the file server's clock sets the time, not this machine's. */
  #touch(): void {
    try {
      if (readContent(this.#path, this.#fs) !== this.#content) return;
      const file = this.#fs.openSync(this.#path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
      try {
        this.#fs.writeSync(file, this.#content.slice(0, 1), 0);
      } finally {
        this.#fs.closeSync(file);
      }
    } catch {
      // A save will say what is wrong with the folder.
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (cause) {
      throw cause instanceof FileError ? cause : fileError("run folder", this.#path, cause);
    }
  }
}

/**
 * A first look, which takes nothing and lets doubtful cases pass: whether a process that is certainly alive holds the lock.
 * @throws FileError with the code `locked`
 */
export function checkUnlocked(path: string, folder: string, fs: RunFileSystem = systemFiles): void {
  const holder = readHolder(path, 0, fs);
  if (holder?.isRunning) throw locked(folder, holder);
}

/** Names of files that racing writers leave beside a lock when they are killed, but for those of a writer that races now. */
export function isLockLeftover(name: string, lock: string, ageMs: number): boolean {
  if (name.startsWith(`${lock}.`) || name.startsWith(`.${lock}.`)) return ageMs > SILENCE_MS;
  return false;
}

function take(
  path: string,
  content: string,
  folder: string,
  onTakeover: (line: string) => void,
  fs: RunFileSystem,
): void {
  const temporary = writeTemporary(path, new TextEncoder().encode(content), fs);
  try {
    const now = fs.statSync(temporary).mtimeMs;
    for (let tries = 0; tries < TRIES; tries++) {
      if (createLock(temporary, path, content, fs)) return;
      const holder = readHolder(path, now, fs);
      if (holder === null) continue;
      if (holder.content === content) return;
      if (mayBeAlive(holder)) throw locked(folder, holder);
      if (!replace(temporary, path, holder.content, { content, folder, fs })) continue;
      const who = holder.identity === null ? "an unknown writer" : processText(holder.identity);
      onTakeover(`the lock of ${who}, which has ended without releasing it, was taken over.`);
      return;
    }
    throw locked(folder, null);
  } finally {
    removeQuietly(temporary, fs);
  }
}

/** Only who holds the lock that is named after the stale one may replace it; and it must be there still. */
function replace(
  temporary: string,
  path: string,
  stale: string,
  { content, folder, fs }: { content: string; folder: string; fs: RunFileSystem },
): boolean {
  const guard = `${path}.${createHash("sha256").update(stale).digest("hex").slice(0, 16)}`;
  take(guard, content, folder, () => {}, fs);
  try {
    if (readContent(path, fs) !== stale) return false;
    fs.renameSync(temporary, path);
    return true;
  } finally {
    removeQuietly(guard, fs);
  }
}

function createLock(temporary: string, path: string, content: string, fs: RunFileSystem): boolean {
  try {
    fs.linkSync(temporary, path);
    return true;
  } catch (error) {
    if (!NO_LINKS.includes(fileErrorCode(error))) return notThere(error);
  }
  try {
    const file = fs.openSync(path, "wx");
    try {
      fs.writeSync(file, content);
    } finally {
      fs.closeSync(file);
    }
    return true;
  } catch (error) {
    return notThere(error);
  }
}

function notThere(error: unknown): false {
  if (fileErrorCode(error) === "EEXIST") return false;
  throw error;
}

function readContent(path: string, fs: RunFileSystem): string | undefined {
  try {
    return fs.lstatSync(path).isFile() ? fs.readFileSync(path, "utf8") : "";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function readHolder(path: string, now: number, fs: RunFileSystem): Holder | null {
  const content = readContent(path, fs);
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (content === undefined || stat === undefined) return null;
  const identity = parseIdentity(content);
  const runs = identity === null ? undefined : isRunning(identity, () => isOfOneKernel(dirname(path)));
  return { identity, content, silentMs: Math.max(0, now - stat.mtimeMs), isRunning: runs };
}

function parseIdentity(content: string): Holder["identity"] {
  try {
    const { pid, host, space, start, since } = JSON.parse(content) as Record<string, unknown>;
    const texts = [host, space, start, since];
    if (!(Number.isSafeInteger(pid) && (pid as number) > 0) || texts.some((text) => typeof text !== "string"))
      return null;
    return { pid: pid as number, host, space, start, since } as Holder["identity"];
  } catch {
    return null;
  }
}

function mayBeAlive({ isRunning: runs, silentMs }: Holder): boolean {
  return runs ?? silentMs < SILENCE_MS;
}

function processText({ pid, host, since }: NonNullable<Holder["identity"]>): string {
  return `process ${pid} on ${host}, at it since ${since}`;
}

/** What a writer is told that comes back to a folder which another has taken meanwhile. */
export function lost(cause: FileError): FileError {
  const { op, argument, value, path } = cause;
  const must = "still be this process's to write";
  const fix =
    "It was deleted, or this process stood still for so long that it was thought dead. Let the other one go on.";
  return new FileError({ op, argument, must, value, fix, code: "lock-lost", path }, { cause });
}

function locked(folder: string, holder: Holder | null): FileError {
  const identity = holder?.identity ?? null;
  const value = `a run under way (${identity === null ? "of a process that does not say who it is" : processText(identity)})`;
  const wait = Math.ceil((SILENCE_MS - (holder?.silentMs ?? 0)) / 1000);
  const fix = holder?.isRunning
    ? "Choose another folder, or wait until it ends."
    : `Choose another folder. If that process has ended, wait ${wait} s: without a sign of life it then counts as gone.`;
  const parts = { op: "run folder", argument: folder, must: "be written by one process at a time", value, fix };
  return new FileError({ ...parts, code: "locked", path: folder });
}
