import { builtin } from "../../../base/builtin.js";
import { checkString } from "../../../base/check.js";
import { FormatError, show, UnsupportedError } from "../../../base/errors.js";
import { fileError } from "../../../io/atomic-write.js";

/**
 * Where arrays are that a file keeps in others.
 * @param location  as the file names it
 * @param offset    of the first byte
 * @param length    in bytes; null for all that follow
 */
export type ExternalData = (location: string, offset: number, length: number | null) => Uint8Array;

interface Stats {
  size: number;
  nlink: number;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}
interface NodeFs {
  lstatSync(path: string): Stats;
  openSync(path: string, flags: string): number;
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(file: number): void;
}
interface NodePath {
  dirname(path: string): string;
  join(...parts: string[]): string;
}

const OP = "filesBeside";
const MUST = "be the path of a file inside the model's folder";

/**
 * Reads external data from files in the folder of a model's file or below it, and from nowhere else: no absolute path, no `..`, no links.
 * Node, Deno and Bun only.
 * @param path  of the model's file
 * @throws UnsupportedError where there are no files; its result FormatError for a path outside or too short a file, FileError for one
 *   that cannot be read
 * @example const { initializers } = readOnnx(bytes, { external: filesBeside("model.onnx") });
 */
export function filesBeside(path: string): ExternalData {
  checkString(OP, "path", path);
  const fs = builtin<NodeFs>("node:fs");
  const paths = builtin<NodePath>("node:path");
  if (fs === undefined || paths === undefined) {
    const [must, fix] = ["run where there are files", "Pass a function that gives the bytes."];
    throw new UnsupportedError({ op: OP, argument: "path", must, value: "a browser", fix });
  }
  const folder = paths.dirname(path);
  return (location, offset, length) => {
    const parts = partsOf(location);
    const file = insideFolder(fs, paths, folder, parts, location);
    try {
      return readPart(fs, file, location, offset, length);
    } catch (cause) {
      throw cause instanceof FormatError ? cause : fileError(OP, file, cause);
    }
  };
}

function partsOf(location: string): string[] {
  const parts = location.split(/[/\\]/);
  const isInside =
    !/^([/\\]|[a-zA-Z]:|[a-zA-Z][\w+.-]*:\/\/)/.test(location) &&
    !location.includes("\0") &&
    parts.every((part) => part !== "" && part !== "..");
  if (isInside) return parts;
  throw refused(location, show(location));
}

function refused(location: string, value: string): FormatError {
  return new FormatError({
    code: "outside-folder",
    op: OP,
    argument: `location ${show(location)}`,
    must: MUST,
    value,
    fix: "Put the file there, and name it alone.",
    details: { key: location },
  });
}

/** Each step of the way is looked at: a folder that is a link leads out as well. */
function insideFolder(fs: NodeFs, paths: NodePath, folder: string, parts: readonly string[], location: string): string {
  let at = folder;
  for (const [i, part] of parts.entries()) {
    at = paths.join(at, part);
    let stats: Stats;
    try {
      stats = fs.lstatSync(at);
    } catch (cause) {
      throw fileError(OP, at, cause);
    }
    if (stats.isSymbolicLink()) throw refused(location, "a link");
    if (i < parts.length - 1) continue;
    if (!stats.isFile()) throw refused(location, "what is no file");
    if (stats.nlink > 1) throw refused(location, `a file with ${stats.nlink} names`);
  }
  return at;
}

function readPart(fs: NodeFs, file: string, location: string, offset: number, length: number | null): Uint8Array {
  const { size } = fs.lstatSync(file);
  const wanted = length ?? Math.max(size - offset, 0);
  if (offset + wanted > size) {
    const must = `have ${wanted} bytes from byte ${offset} on`;
    throw new FormatError({ op: OP, argument: show(location), must, value: `${size} bytes in all` });
  }
  const bytes = new Uint8Array(wanted);
  const open = fs.openSync(file, "r");
  try {
    for (let at = 0; at < wanted; ) {
      const count = fs.readSync(open, bytes, at, wanted - at, offset + at);
      if (count === 0) {
        const must = `have ${wanted} bytes from byte ${offset} on`;
        throw new FormatError({ op: OP, argument: show(location), must, value: `${at}` });
      }
      at += count;
    }
  } finally {
    fs.closeSync(open);
  }
  return bytes;
}
