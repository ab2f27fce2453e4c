import { builtin } from "../../base/builtin.js";
import { isObject, refusal } from "../../base/check.js";
import { FileError, FormatError, OptionError, show, UnsupportedError } from "../../base/errors.js";
import { unpacked } from "./unpack.js";

type Piece = Uint8Array | string;

/** What a text is read from. A string is the path of a file (in Node); text itself stands in an array: `["a,b\n1,2\n"]`. */
export type TextSource =
  | string
  | URL
  | Blob
  | Response
  | ReadableStream<Piece>
  | AsyncIterable<Piece>
  | Iterable<Piece>
  | Uint8Array
  | ArrayBuffer;

export interface SourceOptions {
  /** What errors call it. Default: its path or name. */
  name?: string | undefined;
  /** How its bytes are characters: a label of `TextDecoder`, such as `utf-16le`, `windows-1252`, `euc-kr`. Default utf-8. */
  encoding?: string | undefined;
}

export interface OpenSource {
  name: string;
  /** Its text as UTF-8, unpacked where it is gzip. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** @throws OptionError for what nothing can be read from, UnsupportedError for a path where there are no files */
export function openSource(op: string, source: TextSource, { name, encoding }: SourceOptions): OpenSource {
  const [found, raw] = rawPieces(op, source);
  const called = name ?? found;
  const decoder = encoding === undefined ? null : decoderOf(op, encoding);
  return {
    name: called,
    pieces: () => {
      const bytes = unpacked(called, encoded(op, raw()));
      return decoder === null ? bytes : recoded(called, encoding!, decoder(), bytes);
    },
  };
}

type Raw = () => AsyncIterable<Piece> | Iterable<Piece>;

function rawPieces(op: string, source: TextSource): [name: string, raw: Raw] {
  if (typeof source === "string") return [source, () => fileBytes(op, source)];
  if (source instanceof URL) {
    if (source.protocol === "file:") return [source.pathname, () => fileBytes(op, source)];
    throw refusal(op, "source", "be a file, or what fetch gives", String(source), "Write await fetch(url).");
  }
  if (source instanceof Uint8Array) return ["bytes", () => [source]];
  if (source instanceof ArrayBuffer) return ["bytes", () => [new Uint8Array(source)]];
  if (typeof Blob === "function" && source instanceof Blob) {
    const { name } = source as { name?: unknown };
    return [typeof name === "string" && name !== "" ? name : "blob", () => streamed(op, source.stream())];
  }
  if (typeof Response === "function" && source instanceof Response)
    return [source.url || "response", () => body(op, source)];
  if (typeof ReadableStream === "function" && source instanceof ReadableStream)
    return ["stream", () => streamed(op, source)];
  if (isObject(source) && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    return ["text", () => source as AsyncIterable<Piece>];
  }
  const must = "be a path, a File, Blob or Response, a stream, bytes, or what yields bytes or text";
  throw refusal(op, "source", must, source, source instanceof Promise ? "Await it first." : "");
}

function decoderOf(op: string, encoding: string): () => TextDecoder {
  const make = () => new TextDecoder(encoding, { fatal: true });
  try {
    make();
  } catch {
    throw refusal(op, "encoding", "be a label that TextDecoder knows", encoding, 'Use for example "utf-16le".');
  }
  return make;
}

interface FileSystem {
  createReadStream(path: string | URL): AsyncIterable<Uint8Array>;
}

async function* fileBytes(op: string, path: string | URL): AsyncGenerator<Uint8Array> {
  const shown = String(path);
  const text = /[\r\n]/.test(shown) ? "To read text itself, put it into an array: [text]." : "";
  const fs = builtin<FileSystem>("node:fs");
  if (fs === undefined) {
    const fix = text || "Pass await fetch(path), or a File that was chosen.";
    throw new UnsupportedError({ op, argument: "source", must: "be no path here", value: show(shown), fix });
  }
  try {
    yield* fs.createReadStream(path);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code !== "string") throw cause;
    const parts = { op, argument: show(shown), must: "be a file that can be read", value: code, fix: text };
    throw new FileError({ ...parts, code, path: shown }, { cause });
  }
}

async function* body(op: string, response: Response): AsyncGenerator<Piece> {
  if (!response.ok) {
    const value = `${response.status} ${response.statusText}`.trim();
    throw new FormatError({ op, argument: response.url || "response", must: "be there", value });
  }
  if (response.body !== null) yield* streamed(op, response.body);
}

/** Not every browser can walk a stream. */
async function* streamed(op: string, stream: ReadableStream<Piece>): AsyncGenerator<Piece> {
  if (stream.locked) {
    const fix = "Open it anew; a file, a path or a Blob can be read several times.";
    throw new OptionError({
      op,
      argument: "source",
      must: "be a stream that nobody reads",
      value: "one that is read",
      fix,
    });
  }
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // Whoever stops early does not want the rest; the lock stays, because a stream is read once.
    await reader.cancel().catch(() => {});
  }
}

async function* encoded(op: string, pieces: AsyncIterable<Piece> | Iterable<Piece>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) {
    if (typeof piece === "string") yield encoder.encode(piece);
    else if (piece instanceof Uint8Array) yield piece;
    else throw refusal(op, "source", "yield bytes or text", piece);
  }
}

async function* recoded(
  name: string,
  encoding: string,
  decoder: TextDecoder,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const decode = (piece?: Uint8Array): Uint8Array => {
    try {
      return encoder.encode(piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true }));
    } catch (cause) {
      const value = "bytes that are none of its characters";
      throw new FormatError(
        { op: "table", argument: name, must: `be ${encoding}`, value, code: "not-text" },
        { cause },
      );
    }
  };
  for await (const piece of bytes) yield decode(piece);
  yield decode();
}
