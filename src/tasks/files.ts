import { builtin } from "../base/builtin.js";
import { refusal } from "../base/check.js";
import { FileError, UnsupportedError } from "../base/errors.js";
import type { Source } from "./task.js";

/** A file: its path or `file:` URL where there is a file system, else its bytes, with a name or without. */
export type SourceLike = string | URL | Uint8Array | Source;

/** What of Node's file system is used. */
interface FileSystem {
  readFileSync(path: string | URL): Uint8Array;
  statSync(path: string | URL): { isDirectory(): boolean };
  existsSync(path: string): boolean;
}

/** @throws FileError for a path that cannot be read; UnsupportedError for one where there are no files */
export function readSource(op: string, argument: string, given: SourceLike): Source {
  if (given instanceof Uint8Array) return { name: argument, bytes: given };
  if (typeof given === "string" || given instanceof URL) return { name: String(given), bytes: readBytes(op, given) };
  if (
    given !== null &&
    typeof given === "object" &&
    given.bytes instanceof Uint8Array &&
    typeof given.name === "string"
  )
    return given;
  throw refusal(op, argument, "be a path, a URL, bytes or { name, bytes }", given);
}

/** A checkpoint, or the best one of a run folder. @throws FileError, UnsupportedError as `readSource` does */
export function readCheckpointSource(op: string, argument: string, given: SourceLike): Source {
  if (typeof given !== "string" || !isFolder(given)) return readSource(op, argument, given);
  const files = ["best", "last"].map((kind) => `${given.replace(/[\\/]+$/, "")}/${kind}.safetensors`);
  return readSource(op, argument, files.find((path) => fileSystem(op).existsSync(path)) ?? files[0]);
}

function isFolder(path: string): boolean {
  try {
    return fileSystem("load").statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function fileSystem(op: string): FileSystem {
  const found = builtin<FileSystem>("node:fs");
  if (found !== undefined) return found;
  const [must, value] = ["be bytes, where there is no file system", "a path"];
  throw new UnsupportedError({ op, argument: "source", must, value, fix: "Fetch it, and pass { name, bytes }." });
}

function readBytes(op: string, path: string | URL): Uint8Array {
  const files = fileSystem(op);
  try {
    return new Uint8Array(files.readFileSync(path));
  } catch (cause) {
    const { code = "EIO", message } = cause as { code?: string; message: string };
    const name = String(path);
    throw new FileError(
      { code, op, argument: name, must: "be a file that can be read", value: message, path: name },
      {
        cause,
      },
    );
  }
}
