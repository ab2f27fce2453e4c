import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FileError, FormatError } from "../../base/errors.js";
import { readFileBytes } from "../../io/files-node.js";
import { runName } from "../../runs/run-name-node.js";
import type { CommandTask } from "../../tasks/commands.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import type { Terminal } from "../terminal/output.js";
import { foreignKind, mendingOf } from "./file-kind.js";
import { JoinedRows } from "./joined-rows.js";
import { misspelled } from "./near-path.js";

/** What `-` stands for. */
export const STANDARD_INPUT = "-";

/** A text that a person named: one file, several in a row, or standard input. */
export interface NamedText {
  name: string;
  bytes: Uint8Array;
  parts: readonly { path: string; start: number }[];
  /** Of several files, whose lines are told by the file that they are of. */
  rows?: JoinedRows | undefined;
}

export function textName(paths: readonly string[]): string {
  return paths.map((path) => (path === STANDARD_INPUT ? "standard input" : path)).join(", ");
}

/** What a run of these texts is called, when nobody says. */
export function runNameOf([first]: readonly string[]): string {
  return first === STANDARD_INPUT ? "stdin" : runName(first!);
}

/**
 * Texts in a row, each beginning on a line of its own; of bytes, just as they are.
 * @param raw  take any bytes: no text is looked for in them
 * @param binary  what to do with a file that is none
 * @throws CliError for a file that cannot be read, or is no text
 */
export async function readTexts(
  paths: readonly string[],
  raw: boolean,
  terminal: Terminal,
  binary: Fix = { text: "the name of a text" },
): Promise<NamedText> {
  const chunks: Uint8Array[] = [];
  const parts: { path: string; start: number }[] = [];
  let length = 0;
  const add = (bytes: Uint8Array): void => {
    chunks.push(bytes);
    length += bytes.length;
  };
  for (const path of paths) {
    const given = path === STANDARD_INPUT ? await takeInput(terminal) : readNamed(path);
    const bytes = raw ? given : unpacked(path, given);
    if (!raw) refuseForeign(path, bytes, binary);
    if (!raw && length > 0 && chunks.at(-1)!.at(-1) !== 0x0a) add(Uint8Array.of(0x0a));
    parts.push({ path, start: length });
    add(!raw && parts.length > 1 && isMarked(bytes) ? bytes.subarray(3) : bytes);
  }
  return { name: textName(paths), bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), parts };
}

/** Standard input that was looked at and is still to be read. */
const peeked = new WeakMap<Terminal, Uint8Array>();

async function takeInput(terminal: Terminal): Promise<Uint8Array> {
  const bytes = peeked.get(terminal) ?? (await terminal.readInput());
  peeked.delete(terminal);
  return bytes;
}

/** All of standard input, which is then read as if nobody had looked. @throws CliError for damaged gzip */
export async function peekInput(terminal: Terminal): Promise<Uint8Array> {
  const bytes = await takeInput(terminal);
  peeked.set(terminal, bytes);
  return unpacked(STANDARD_INPUT, bytes);
}

/** A file that a person named as a text, unpacked. @throws CliError */
export function readText(path: string): Uint8Array {
  return unpacked(path, readNamed(path));
}

/** The bytes, or what is packed in them where they are gzip. @throws CliError for gzip that is cut off or damaged */
function unpacked(path: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    const isLarge = error instanceof RangeError || (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new CliError(
      {
        exitCode: isLarge ? EXIT.memory : EXIT.input,
        where: textName([path]),
        found: `found gzip that ${isLarge ? "does not fit into memory when it is unpacked" : "is cut off or damaged"}`,
        expected: isLarge ? "a text is read as a whole" : "it must be whole",
        untouched: "Nothing was written.",
        fix: isLarge ? "a smaller file" : "fetching or packing it again",
      },
      { cause: error },
    );
  }
}

/**
 * What a task learns from or is judged on: texts in a row, or rows of several files as those of one.
 * @throws CliError as `readTexts`, and for tables of other columns
 */
export async function readData(
  paths: readonly string[],
  task: Pick<CommandTask, "manyFiles" | "endsWithEmptyLine">,
  raw: boolean,
  terminal: Terminal,
  binary?: Fix,
): Promise<NamedText> {
  if (paths.length < 2 || task.manyFiles === true) return readTexts(paths, raw, terminal, binary);
  const files: NamedText[] = [];
  for (const path of paths) files.push(await readTexts([path], raw, terminal, binary));
  const streams = files.map(({ name, bytes }) => ({ name, pieces: () => onePiece(bytes) }));
  const rows = new JoinedRows(streams, task.endsWithEmptyLine === true);
  const pieces: Uint8Array[] = [];
  for await (const piece of rows.pieces()) pieces.push(piece);
  return { name: rows.name, bytes: Buffer.concat(pieces), parts: paths.map((path) => ({ path, start: 0 })), rows };
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Whether a byte order mark of UTF-8 stands at the beginning. */
function isMarked(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** What came out of pipes that have a name (`<(zcat a.gz)`, a FIFO): nobody can read that twice. */
const piped = new Map<string, Uint8Array>();

/** Whether a path is that of a pipe, whose text comes once. */
function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** All of a pipe with a name; null for any other file. @throws FileError */
function readPipe(path: string): Uint8Array | null {
  const known = piped.get(path);
  if (known !== undefined) return known;
  if (!isPipe(path)) return null;
  const bytes = readFileBytes(path);
  piped.set(path, bytes);
  return bytes;
}

/** What was read of a pipe with a name; null where nothing was, or of any other file. */
export function pipeRead(path: string): Uint8Array | null {
  return piped.get(path) ?? null;
}

function readNamed(path: string): Uint8Array {
  try {
    return readPipe(path) ?? readFileBytes(path);
  } catch (error) {
    const context = { where: path || "FILE", untouched: "Nothing was written." };
    const fix = error instanceof FileError && error.code === "EISDIR" ? folderFix(path) : misspelled(error, path);
    throw toCliError(error, { ...context, fix }) ?? error;
  }
}

/** A folder's texts are what was meant, if it has any. */
export function folderFix(path: string): Fix | undefined {
  try {
    const texts = readdirSync(path).filter((name) => /\.(txt|md|text)$/i.test(name));
    if (texts.length === 0) return undefined;
    return { edit: { replace: { from: path, to: texts.sort().map((name) => join(path, name)) } } };
  } catch {
    return undefined;
  }
}

/** One file as a text. @throws CliError for one that is none, or not in UTF-8 */
export function refuseNoText(path: string, bytes: Uint8Array, error: unknown, binary: Fix): never {
  refuseForeign(path, bytes, binary);
  throw textError(error, { name: textName([path]), bytes, parts: [{ path, start: 0 }] });
}

export function refuseForeign(path: string, bytes: Uint8Array, binary: Fix): void {
  const kind = foreignKind(bytes);
  if (kind === null) return;
  throw new CliError({
    exitCode: EXIT.input,
    where: textName([path]),
    found: `found ${kind.name}`,
    expected: "it must be a text in UTF-8",
    untouched: "Nothing was written.",
    fix: kind.fix?.(path) ?? binary,
  });
}

/** `file:line:column` of a byte of the text, counted from 1, columns in characters. */
export function placeOf({ bytes, parts }: NamedText, byte: number): string {
  const part = parts.findLast(({ start }) => start <= byte) ?? parts[0]!;
  const before = bytes.subarray(part.start, byte);
  const line = before.reduce((lines, unit) => lines + (unit === 0x0a ? 1 : 0), 1);
  const column = [...new TextDecoder().decode(before.subarray(before.lastIndexOf(0x0a) + 1))].length + 1;
  return `${textName([part.path])}:${line}:${column}`;
}

/** `file:line:column` of a character of the text, by its index in the decoded text. */
export function placeOfIndex(text: NamedText, index: number): string {
  const decoded = new TextDecoder().decode(text.bytes);
  return placeOf(text, (isMarked(text.bytes) ? 3 : 0) + Buffer.byteLength(decoded.slice(0, index)));
}

/** An error about a text, with its place in it; others as they are. */
export function textError(found: unknown, text: NamedText, advice: { unseen?: Fix; other?: Fix } = {}): unknown {
  if (!(found instanceof FormatError)) return found;
  const error = text.rows?.relocated(found) ?? found;
  const untouched = "Nothing was written.";
  if (error.code === "unknown-token") {
    const isPlaced = error.details.file !== undefined;
    const where = isPlaced ? error.argument : placeOfIndex(text, error.details.index ?? 0);
    return unseenError(error, where, advice.unseen);
  }
  // A cell of a table: the error says where it stands.
  if (error.details.file !== undefined) {
    const fix = error.code === "not-utf8" ? mendingOfFile(text) : undefined;
    return toCliError(error, { untouched, fix }) ?? error;
  }
  if (error.code !== "not-utf8") {
    // What has a code of its own knows better.
    const fix = error.code === FormatError.code || error.fix === "" ? advice.other : undefined;
    return toCliError(error, { untouched, where: text.name, fix }) ?? error;
  }
  const at = error.details.byte ?? 0;
  const part = text.parts.findLast(({ start }) => start <= at) ?? text.parts[0]!;
  return new CliError(
    {
      exitCode: EXIT.input,
      where: placeOf(text, at),
      found: `found byte 0x${text.bytes[at]!.toString(16).padStart(2, "0")} at offset ${at - part.start}`,
      expected: "a text must be valid UTF-8",
      untouched,
      fix: mendingOf(text.bytes.subarray(part.start), part.path),
    },
    { cause: error },
  );
}

/** How a file becomes UTF-8, also one that is read as it comes; undefined where nobody can look at it again. */
function mendingOfFile({ bytes, parts }: NamedText): Fix | undefined {
  const { path } = parts[0]!;
  const start = bytes.length > 0 ? bytes : startOf(path);
  return start.length === 0 || start[0] === 0x1f ? undefined : mendingOf(start, path);
}

function startOf(path: string): Uint8Array {
  if (path === STANDARD_INPUT || isPipe(path)) return new Uint8Array();
  const file = openSync(path, "r");
  try {
    const start = new Uint8Array(2 ** 16);
    return start.subarray(0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

/** A character or word without a token, at `where`. */
export function unseenError(error: FormatError, where: string, fix: Fix | undefined): CliError {
  return new CliError(
    {
      exitCode: EXIT.input,
      where,
      found: `found ${error.details.token}, which the model has never seen`,
      expected: `it must ${error.must}`,
      fix,
    },
    { cause: error },
  );
}

/** `line:column` in a text that was typed. */
export function placeInText(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  return `${line}:${[...before.slice(before.lastIndexOf("\n") + 1)].length + 1}`;
}
