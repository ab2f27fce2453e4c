import { builtin } from "../base/builtin.js";
import { refusal } from "../base/check.js";
import { FileError, UnsupportedError } from "../base/errors.js";
import { openSource } from "../data/readers/source.js";
import { joined } from "../data/readers/text-blocks.js";
import { wholeRows } from "../data/readers/whole-rows.js";
import type { Options } from "./commands.js";
import { isTable, type TableLike, tableSource } from "./rows/table-source.js";
import type { RowStream, Source } from "./task.js";

/** A file: its path or `file:` URL where there is a file system, a `File` or `Blob`, or its bytes, with a name or without. */
export type SourceLike = string | URL | Blob | Uint8Array | Source;

/** What is learned from, judged or predicted of: a file, or rows that are in memory. */
export type DataLike = SourceLike | TableLike;

/** Rows of larger files are kept on the disk, where their task can do that. */
export const STREAMED_FROM = 2 ** 28;
/** What a large file is comes from so much of it. */
export const START = 2 ** 23;

/** A file as it comes. @throws OptionError; FileError, UnsupportedError as it is read */
export function openRows(op: string, argument: string, given: DataLike): RowStream {
  if (isTable(given)) {
    const { name, bytes } = tableSource(op, given);
    return openSource(op, bytes, { name });
  }
  if (isBlob(given) || typeof given === "string" || given instanceof URL) return openSource(op, given, {});
  const { name, bytes } = readSource(op, argument, given);
  return openSource(op, bytes, { name });
}

/**
 * Settings in which data to validate on, in place of a share of those that are learned from, are called by their name.
 * @throws OptionError for a `valid` that is neither a share nor data
 */
export function withoutData(op: string, settings: Options): { given: Options; held: DataLike | undefined } {
  const { valid } = settings;
  if (typeof valid === "string") return { given: settings, held: valid };
  if (typeof valid !== "object" || valid === null) return { given: settings, held: undefined };
  const held = valid as DataLike;
  return { given: { ...settings, valid: openRows(op, "valid", held).name }, held };
}

/** All of a file; a Blob in gzip is unpacked. @throws as `readSource` */
export async function readAll(op: string, argument: string, given: DataLike): Promise<Source> {
  if (isTable(given)) return tableSource(op, given);
  if (!isBlob(given)) return readSource(op, argument, given);
  const { name, pieces } = openSource(op, given, {});
  const found: Uint8Array[] = [];
  for await (const piece of pieces()) found.push(piece);
  return { name, bytes: joined(found) };
}

/** The first rows of a file. */
export async function startOf({ pieces }: RowStream): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces()) {
    found.push(piece);
    length += piece.length;
    if (length >= START) return wholeRows(joined(found));
  }
  return joined(found);
}

/** Bytes of a file; 0 where it cannot be told before it is read. */
export function sizeOf(given: DataLike): number {
  if (isBlob(given)) return given.size;
  const fs = builtin<FileSystem>("node:fs");
  if ((typeof given !== "string" && !(given instanceof URL)) || fs === undefined) return 0;
  return fs.statSync(given, { throwIfNoEntry: false })?.size ?? 0;
}

export function isBlob(given: unknown): given is Blob {
  return typeof Blob === "function" && given instanceof Blob;
}

/** What of Node's file system is used. */
interface FileSystem {
  readFileSync(path: string | URL): Uint8Array;
  statSync(
    path: string | URL,
    options?: { throwIfNoEntry: false },
  ): { isDirectory(): boolean; size: number } | undefined;
  existsSync(path: string): boolean;
}

/** @throws FileError for a path that cannot be read; UnsupportedError for one where there are no files */
export function readSource(op: string, argument: string, given: Exclude<SourceLike, Blob>): Source {
  if (given instanceof Uint8Array) return { name: argument, bytes: given };
  if (typeof given === "string" || given instanceof URL) return { name: String(given), bytes: readBytes(op, given) };
  if (
    given !== null &&
    typeof given === "object" &&
    given.bytes instanceof Uint8Array &&
    typeof given.name === "string"
  )
    return given;
  throw refusal(op, argument, "be a path, a URL, a Blob, bytes or { name, bytes }", given);
}

/** A checkpoint, or the best one of a run folder. @throws FileError, UnsupportedError as `readSource` does */
export function readCheckpointSource(op: string, argument: string, given: Exclude<SourceLike, Blob>): Source {
  if (typeof given !== "string" || !isFolder(given)) return readSource(op, argument, given);
  const files = ["best", "last"].map((kind) => `${given.replace(/[\\/]+$/, "")}/${kind}.safetensors`);
  return readSource(op, argument, files.find((path) => fileSystem(op).existsSync(path)) ?? files[0]);
}

function isFolder(path: string): boolean {
  try {
    return fileSystem("load").statSync(path)!.isDirectory();
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
