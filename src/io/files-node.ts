import * as nodeFs from "node:fs";
import { FileError } from "../base/errors.js";
import { fileError, fileErrorCode, writeWhole } from "./atomic-write.js";
import { flush as flushFile } from "./flush.js";

export {
  type AtomicFileSystem,
  fileError,
  fileErrorCode,
  flushFolder,
  removeQuietly,
  writeFileAtomic,
  writeTemporary,
} from "./atomic-write.js";

const { O_WRONLY, O_CREAT, O_APPEND } = nodeFs.constants;
/** Windows has none, and no such links without a privilege. */
const O_NOFOLLOW = nodeFs.constants.O_NOFOLLOW ?? 0;

const TEMPORARY = /^\.(.+)\.[0-9a-z-]+\.tmp$/;

/** The file that a temporary one of that name was meant to become; undefined for any other name. */
export function temporaryOf(name: string): string | undefined {
  return TEMPORARY.exec(name)?.[1];
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
      if (flush) flushFile(file, bytes.length, fs);
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
