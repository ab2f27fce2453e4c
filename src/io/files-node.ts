import { randomBytes } from "node:crypto";
import * as nodeFs from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileError } from "../base/errors.js";

/** What an atomic write asks of the file system; a test puts a failing one in its place. */
export type AtomicFileSystem = Pick<
  typeof nodeFs,
  | "openSync"
  | "writeSync"
  | "fchmodSync"
  | "fsyncSync"
  | "closeSync"
  | "renameSync"
  | "unlinkSync"
  | "realpathSync"
  | "statSync"
>;

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = nodeFs.constants;
/** Windows has none, and no such links without a privilege. */
const O_NOFOLLOW = nodeFs.constants.O_NOFOLLOW ?? 0;

/**
 * Replaces the file at `path` with `bytes`, or leaves it as it was: writes a temporary file in the same folder, flushes
 * it, renames it, and flushes the folder. A link to a file is followed; the mode of a file that is there is kept.
 * @throws FileError with the system's code (`ENOSPC`, `EACCES`, ...) and the first error as its cause
 */
export function writeFileAtomic(path: string, bytes: Uint8Array, fs: AtomicFileSystem = nodeFs): void {
  const { target, mode } = resolveTarget(path, fs);
  let temporary: string | undefined;
  try {
    temporary = writeTemporary(target, bytes, fs, mode);
    fs.renameSync(temporary, target);
  } catch (cause) {
    if (temporary !== undefined) removeQuietly(temporary, fs);
    throw fileError("writeFileAtomic", path, cause, "What was there before is untouched.");
  }
  flushFolder(dirname(target), path, fs);
}

const TEMPORARY = /^\.(.+)\.[0-9a-z-]+\.tmp$/;

/** The file that a temporary one of that name was meant to become; undefined for any other name. */
export function temporaryOf(name: string): string | undefined {
  return TEMPORARY.exec(name)?.[1];
}

/**
 * A flushed file beside `target`, of a name that nobody can foresee and that was not there before: nothing planted is written to.
 * @throws the system's error, having left nothing behind
 */
export function writeTemporary(
  target: string,
  bytes: Uint8Array,
  fs: AtomicFileSystem = nodeFs,
  mode?: number,
): string {
  const path = join(dirname(target), `.${basename(target)}.${randomBytes(8).toString("hex")}.tmp`);
  const file = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode ?? 0o666);
  try {
    try {
      if (mode !== undefined) keepMode(file, mode, fs);
      writeWhole(file, bytes, fs);
      fs.fsyncSync(file);
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
function writeWhole(file: number, bytes: Uint8Array, fs: Pick<AtomicFileSystem, "writeSync">): void {
  for (let at = 0; at < bytes.length; ) {
    const written = fs.writeSync(file, bytes, at, bytes.length - at);
    if (written === 0) throw Object.assign(new Error("EIO: the system wrote nothing"), { code: "EIO" });
    at += written;
  }
}

/** What appending asks of the file system. */
export type AppendFileSystem = Pick<
  typeof nodeFs,
  "openSync" | "writeSync" | "fsyncSync" | "closeSync" | "realpathSync" | "unlinkSync" | "lstatSync"
>;

/**
 * Adds to the end of a file, which is made where there is none. A link to a file is followed, and one to nowhere is
 * replaced: what it would make lies wherever its author chose.
 * @param flush  also on the disk before this returns
 * @throws FileError
 */
export function appendToFile(
  path: string,
  bytes: Uint8Array,
  { flush = false, fs = nodeFs as AppendFileSystem } = {},
): void {
  try {
    const file = fs.openSync(appendTarget(path, fs), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o666);
    try {
      writeWhole(file, bytes, fs);
      if (flush) fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  } catch (cause) {
    throw fileError("appendToFile", path, cause);
  }
}

function appendTarget(path: string, fs: AppendFileSystem): string {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path;
  try {
    return fs.realpathSync(path);
  } catch (cause) {
    if (fileErrorCode(cause) !== "ENOENT") throw cause;
    fs.unlinkSync(path);
    return path;
  }
}

/**
 * The whole file.
 * @throws FileError when it is missing, a folder, or may not be read
 */
export function readFileBytes(path: string): Uint8Array {
  try {
    const buffer = nodeFs.readFileSync(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    throw fileError("readFileBytes", path, cause);
  }
}

/** The FileError that an action fails with, null when it succeeds; any other error is thrown on. */
export function failureOf(action: () => void): FileError | null {
  try {
    action();
    return null;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error;
  }
}

/** The code of the system's error, through FileError and its causes: `ENOSPC` for a full disk. */
export function fileErrorCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
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
  fs: Pick<AtomicFileSystem, "openSync" | "fsyncSync" | "closeSync"> = nodeFs,
): void {
  try {
    const handle = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  } catch (cause) {
    if (["EPERM", "EACCES", "EINVAL", "EISDIR", "ENOTSUP"].includes(fileErrorCode(cause) ?? "")) return;
    throw fileError("writeFileAtomic", path, cause, "The new file is in place, but may not survive a power cut.");
  }
}

/** For what is only untidy when it stays. */
export function removeQuietly(path: string, fs: Pick<AtomicFileSystem, "unlinkSync"> = nodeFs): void {
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
