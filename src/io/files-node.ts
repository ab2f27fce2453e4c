import * as nodeFs from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileError } from "../base/errors.js";

/** What an atomic write asks of the file system; a test puts a failing one in its place. */
export type AtomicFileSystem = Pick<
  typeof nodeFs,
  "openSync" | "writeSync" | "fsyncSync" | "closeSync" | "renameSync" | "unlinkSync" | "realpathSync" | "statSync"
>;

/**
 * Replaces the file at `path` with `bytes`, or leaves it as it was: writes a temporary file in the same folder, flushes
 * it, renames it, and flushes the folder. A link is followed; the mode of a file that is there is kept.
 * @throws FileError with the system's code (`ENOSPC`, `EACCES`, ...) and the first error as its cause
 */
export function writeFileAtomic(path: string, bytes: Uint8Array, fs: AtomicFileSystem = nodeFs): void {
  const { target, mode } = resolveTarget(path, fs);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}-${counter++}.tmp`);
  let created = false;
  try {
    const file = fs.openSync(temporary, "w", mode);
    created = true;
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at, bytes.length - at);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(temporary, target);
  } catch (cause) {
    if (created) removeQuietly(temporary, fs);
    throw fileError("writeFileAtomic", path, cause, "What was there before is untouched.");
  }
  flushFolder(dirname(target), path, fs);
}

let counter = 0;

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

/** The code of the system's error, through FileError and its causes: `ENOSPC` for a full disk. */
export function fileErrorCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return undefined;
}

function resolveTarget(path: string, fs: AtomicFileSystem): { target: string; mode: number } {
  let target = path;
  try {
    target = fs.realpathSync(path);
    const stat = fs.statSync(target);
    if (!stat.isDirectory()) return { target, mode: stat.mode & 0o777 };
  } catch (cause) {
    if (fileErrorCode(cause) === "ENOENT") return { target, mode: 0o666 };
    throw fileError("writeFileAtomic", path, cause);
  }
  throw fileError("writeFileAtomic", path, Object.assign(new Error("EISDIR"), { code: "EISDIR" }));
}

/** After this the new name survives a power cut. Some systems cannot flush a folder: then the rename has to do. */
function flushFolder(folder: string, path: string, fs: AtomicFileSystem): void {
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

function removeQuietly(path: string, fs: AtomicFileSystem): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // The first error says what went wrong; a temporary file that stays is only untidy.
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

function fileError(op: string, path: string, cause: unknown, state = ""): FileError {
  const code = fileErrorCode(cause) ?? "EUNKNOWN";
  const message = cause instanceof Error ? cause.message : String(cause);
  const [must, value, fix] = RULES[code] ?? ["be a file that the system can use", message, ""];
  const sentences = [state, fix].filter(Boolean).join(" ");
  return new FileError({ op, argument: JSON.stringify(path), must, value, fix: sentences, code, path }, { cause });
}
