import { builtin } from "../base/builtin.js";
import { FileError } from "../base/errors.js";
import { flush } from "./flush.js";

/** What an atomic write asks of the file system; a test puts a failing one in its place. */
export interface AtomicFileSystem {
  openSync(path: string, flags: string | number, mode?: number): number;
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number): number;
  fchmodSync(file: number, mode: number): void;
  fsyncSync(file: number): void;
  closeSync(file: number): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  realpathSync(path: string): string;
  statSync(path: string): { readonly mode: number; isDirectory(): boolean };
}

interface NodeFs extends AtomicFileSystem {
  readonly constants: Readonly<Record<string, number>>;
}

interface NodePath {
  basename(path: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
}

/** Asked for when it is needed: the core, which may run in a browser, imports this file too. */
const nodeFs = () => builtin<NodeFs>("node:fs")!;
const nodePath = () => builtin<NodePath>("node:path")!;

/**
 * Replaces the file at `path` with `bytes`, or leaves it as it was: writes a temporary file in the same folder, flushes
 * it, renames it, and flushes the folder. A link to a file is followed; the mode of a file that is there is kept.
 * @throws FileError with the system's code (`ENOSPC`, `EACCES`, ...) and the first error as its cause
 */
export function writeFileAtomic(path: string, bytes: Uint8Array, fs: AtomicFileSystem = nodeFs()): void {
  const { target, mode } = resolveTarget(path, fs);
  let temporary: string | undefined;
  try {
    temporary = writeTemporary(target, bytes, fs, mode);
    fs.renameSync(temporary, target);
  } catch (cause) {
    if (temporary !== undefined) removeQuietly(temporary, fs);
    throw fileError("writeFileAtomic", path, cause, "What was there before is untouched.");
  }
  flushFolder(nodePath().dirname(target), path, fs);
}

/**
 * A flushed file beside `target`, of a name that nobody can foresee and that was not there before: nothing planted is written to.
 * @throws the system's error, having left nothing behind
 */
export function writeTemporary(
  target: string,
  bytes: Uint8Array,
  fs: AtomicFileSystem = nodeFs(),
  mode?: number,
): string {
  const { basename, dirname, join } = nodePath();
  // Windows has no O_NOFOLLOW, and no such links without a privilege.
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = nodeFs().constants;
  const random = Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(16).padStart(8, "0"));
  const path = join(dirname(target), `.${basename(target)}.${random.join("")}.tmp`);
  const file = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode ?? 0o666);
  try {
    try {
      if (mode !== undefined) keepMode(file, mode, fs);
      writeWhole(file, bytes, fs);
      flush(file, bytes.length, fs);
    } finally {
      fs.closeSync(file);
    }
  } catch (error) {
    removeQuietly(path, fs);
    throw error;
  }
  return path;
}

/** The process's mask took its share of what `open` was asked for. A disk that knows no modes is none to complain of. */
function keepMode(file: number, mode: number, fs: AtomicFileSystem): void {
  try {
    fs.fchmodSync(file, mode);
  } catch {
    // The bytes are worth more.
  }
}

/** A system may write less than it was asked to. */
export function writeWhole(file: number, bytes: Uint8Array, fs: Pick<AtomicFileSystem, "writeSync">): void {
  for (let at = 0; at < bytes.length; ) {
    const written = fs.writeSync(file, bytes, at, bytes.length - at);
    if (written === 0) throw Object.assign(new Error("EIO: the system wrote nothing"), { code: "EIO" });
    at += written;
  }
}

/** The code of the system's error, through FileError and its causes: `ENOSPC` for a full disk. */
export function fileErrorCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}

function resolveTarget(path: string, fs: AtomicFileSystem): { target: string; mode: number | undefined } {
  let target = path;
  try {
    target = fs.realpathSync(path);
    const stat = fs.statSync(target);
    if (!stat.isDirectory()) return { target, mode: stat.mode & 0o777 };
  } catch (cause) {
    if (fileErrorCode(cause) === "ENOENT") return { target, mode: undefined };
    throw fileError("writeFileAtomic", path, cause);
  }
  throw fileError("writeFileAtomic", path, Object.assign(new Error("EISDIR"), { code: "EISDIR" }));
}

/**
 * After this the new names in `folder` survive a power cut. Some systems cannot flush a folder: then the rename has to do.
 * @param path  what was written, for the error
 * @throws FileError
 */
export function flushFolder(
  folder: string,
  path: string,
  fs: Pick<AtomicFileSystem, "openSync" | "fsyncSync" | "closeSync"> = nodeFs(),
): void {
  try {
    const handle = fs.openSync(folder, "r");
    try {
      flush(handle, 0, fs);
    } finally {
      fs.closeSync(handle);
    }
  } catch (cause) {
    if (["EPERM", "EACCES", "EINVAL", "EISDIR", "ENOTSUP"].includes(fileErrorCode(cause) ?? "")) return;
    throw fileError("writeFileAtomic", path, cause, "The new file is in place, but may not survive a power cut.");
  }
}

/** For what is only untidy when it stays. */
export function removeQuietly(path: string, fs: Pick<AtomicFileSystem, "unlinkSync"> = nodeFs()): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // Whoever calls this has another error to tell, or none.
  }
}

const RULES: Readonly<Record<string, readonly [must: string, value: string, fix: string]>> = {
  ENOENT: ["be an existing file in an existing folder", "nothing there", "Check the spelling of the path."],
  EISDIR: ["be a file", "a folder", "Name a file in it."],
  ENOTDIR: ["be a path through folders", "a file on the way", "Check the path."],
  EACCES: ["be a file that this user may use", "permission denied", "Check its permissions and its folder's."],
  EPERM: ["be a file that this user may use", "permission denied", "Check its permissions and its folder's."],
  EROFS: ["be a path on a writable disk", "a read-only one", "Choose another folder."],
  ENOSPC: ["be a path on a disk with room", "a full disk", "Free some space or choose another folder."],
  EDQUOT: ["be a path on a disk with room", "a quota that is used up", "Free some space or choose another folder."],
};

export function fileError(op: string, path: string, cause: unknown, untouched = ""): FileError {
  const code = fileErrorCode(cause) ?? "EUNKNOWN";
  const message = cause instanceof Error ? cause.message : String(cause);
  const [must, value, fix] = RULES[code] ?? ["be a file that the system can use", message, ""];
  return new FileError({ op, argument: JSON.stringify(path), must, value, fix, untouched, code, path }, { cause });
}
