import { createReadStream, statSync } from "node:fs";
import type { Told } from "../../base/report.js";
import { fileError } from "../../io/files-node.js";
import type { CommandTask, RowStream } from "../../tasks/commands.js";
import { START } from "../../tasks/files.js";
import type { Fix } from "../errors/advice.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import type { Terminal } from "../terminal/output.js";
import { JoinedRows } from "./joined-rows.js";
import { firstRows } from "./large-files.js";
import { misspelled } from "./near-path.js";
import { folderFix, type NamedText, pipeRead, refuseForeign, STANDARD_INPUT, textName } from "./texts.js";

const GZIP = [0x1f, 0x8b] as const;
/** How much is read at once: what lives short is cheap to collect. */
const PIECE = 2 ** 15;

export interface RowStreamOptions {
  /** Told of the bytes that were read, where anybody knows how many there are. */
  told?: Told | undefined;
  /** Take any bytes: no text is looked for in them. */
  raw?: boolean | undefined;
  /** What to do with a file that is no text. */
  binary?: Fix | undefined;
}

/**
 * A file of rows, or standard input, as it comes; gzip too.
 * @throws CliError while it is read, for what cannot be read or is no text
 */
export function rowStream(
  path: string,
  terminal: Terminal,
  { told, raw = false, binary = { text: "the name of a text" } }: RowStreamOptions = {},
): RowStream {
  const open = path === STANDARD_INPUT ? () => inputPieces(terminal) : () => filePieces(path);
  return {
    name: textName([path]),
    async *pieces() {
      let isFirst = true;
      const total = sizeOf(path);
      let done = 0;
      for await (const piece of open()) {
        if (isFirst && !raw && (piece[0] !== GZIP[0] || piece[1] !== GZIP[1])) refuseForeign(path, piece, binary);
        isFirst = false;
        if (total > 0) told?.(Math.min(done, total), total);
        done += piece.length;
        yield piece;
      }
      if (total > 0) told?.(total, total);
    },
  };
}

/** What was read of standard input for a look, and the rest of it. */
const looked = new WeakMap<Terminal, { start: Uint8Array; rest: AsyncIterator<Uint8Array> }>();

/** The beginning of standard input, which is then read as if nobody had looked. */
export async function peekInputStart(terminal: Terminal): Promise<Uint8Array> {
  const rest = terminal.inputPieces()[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length < START) {
    const { done, value } = await rest.next();
    if (done === true) break;
    pieces.push(value);
    length += value.length;
  }
  const start = new Uint8Array(Buffer.concat(pieces));
  looked.set(terminal, { start, rest });
  return firstRows(start);
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* inputPieces(terminal: Terminal): AsyncGenerator<Uint8Array> {
  const found = looked.get(terminal);
  if (found === undefined) {
    yield* terminal.inputPieces();
    return;
  }
  looked.delete(terminal);
  yield* slices(found.start);
  for (let next = await found.rest.next(); next.done !== true; next = await found.rest.next()) yield next.value;
}

/** 0 where it cannot be known before. */
function sizeOf(path: string): number {
  if (path === STANDARD_INPUT) return 0;
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    // A stream of a folder says less than this.
    if (statSync(path).isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    const kept = pipeRead(path);
    if (kept !== null) return yield* slices(kept);
    yield* createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (typeof (cause as { code?: unknown }).code !== "string") throw cause;
    const error = fileError("read", path, cause);
    const fix = error.code === "EISDIR" ? folderFix(path) : misspelled(error, path);
    throw toCliError(error, { where: path || "FILE", untouched: "Nothing was written.", fix }) ?? error;
  }
}

/** Files of rows as one, and what errors know of what is read as it comes. */
export function rowsOfFiles(
  paths: readonly string[],
  task: Pick<CommandTask, "endsWithEmptyLine">,
  terminal: Terminal,
  options: RowStreamOptions = {},
): { stream: RowStream; text: NamedText } {
  const [first, ...others] = paths.map((path) => rowStream(path, terminal, options));
  const text = unread(paths);
  if (others.length === 0) return { stream: first!, text };
  const rows = new JoinedRows([first!, ...others], task.endsWithEmptyLine === true);
  return { stream: rows, text: { ...text, rows } };
}

/** What errors know of a text that is read as it comes. */
export function unread(files: readonly string[]): NamedText {
  return { name: textName(files), bytes: new Uint8Array(), parts: files.map((path) => ({ path, start: 0 })) };
}

/** A bad row ends a file that is read as a whole. */
export function needsStream(): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where: "--skip-bad",
    found: "found a model whose task reads a file as a whole",
    expected: "a bad row is an error then",
    untouched: "Nothing was written.",
    fix: { edit: { without: ["--skip-bad"] } },
  });
}
