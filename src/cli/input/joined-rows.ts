import { FormatError } from "../../base/errors.js";
import { isJsonLinesName, isTableName } from "../../data/readers/index.js";
import { openSource } from "../../data/readers/source.js";
import type { RowStream } from "../../tasks/commands.js";
import { CliError, EXIT } from "../errors/cli-error.js";

const NEWLINE = 0x0a;
const MARK = [0xef, 0xbb, 0xbf] as const;

/** Where a file begins among the lines of all, and how many of its own were left out. */
interface Start {
  readonly name: string;
  readonly line: number;
  readonly skipped: number;
}

/** Rows of several files as those of one: the header of a table, which all of them have, stands once. Each begins on a line of its own. */
export class JoinedRows implements RowStream {
  readonly name: string;
  readonly #files: readonly RowStream[];
  readonly #emptyLine: boolean;
  readonly #hasHeader: boolean;
  #starts: Start[] = [];

  /** @param emptyLine  stands between two files */
  constructor(files: readonly RowStream[], emptyLine: boolean) {
    this.name = files.map(({ name }) => name).join(", ");
    this.#files = files;
    this.#emptyLine = emptyLine;
    this.#hasHeader = files.some(({ name }) => isTableName(name) && !isJsonLinesName(name));
  }

  /** @throws CliError for a file whose header is not that of the first */
  readonly pieces = (): AsyncGenerator<Uint8Array, void, undefined> => this.#joined();

  async *#joined(): AsyncGenerator<Uint8Array, void, undefined> {
    const starts: Start[] = [];
    this.#starts = starts;
    let line = 1;
    let last = NEWLINE;
    const told = (bytes: Uint8Array): Uint8Array => {
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) line++;
      last = bytes.at(-1) ?? last;
      return bytes;
    };
    let header = "";
    for (const [i, file] of this.#files.entries()) {
      if (last !== NEWLINE) yield told(Uint8Array.of(NEWLINE));
      if (i > 0 && this.#emptyLine) yield told(Uint8Array.of(NEWLINE));
      const pieces = openSource("train", file.pieces(), { name: file.name }).pieces()[Symbol.asyncIterator]();
      const [start, text, rows] = await beginning(pieces);
      if (i === 0) header = text;
      const isOnce = this.#hasHeader && i > 0;
      if (isOnce && text !== header) throw otherColumns(file.name, text, this.#files[0]!.name);
      starts.push({ name: file.name, line, skipped: isOnce ? 1 : 0 });
      yield told(isOnce ? start.subarray(rows) : start);
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield told(next.value);
    }
  }

  /** An error about a line of all, as one about that line of its file. */
  relocated(error: FormatError): FormatError {
    const { op, code, argument, must, value, fix, details } = error;
    const { file, line } = details;
    if (file !== this.name || line === undefined) return error;
    const at = this.#placeOf(line);
    const placed = argument.replace(`${this.name}:${line}`, () => `${at.name}:${at.line}`);
    const mentioned = must.replace(/\bline (\d+)\b/g, (_, digits) => {
      const other = this.#placeOf(Number(digits));
      return `line ${other.line} of ${other.name}`;
    });
    const parts = { op, code, argument: placed, must: mentioned, value, fix };
    return new FormatError({ ...parts, details: { ...details, file: at.name, line: at.line } }, { cause: error });
  }

  #placeOf(line: number): { name: string; line: number } {
    const start = this.#starts.findLast((one) => one.line <= line) ?? this.#starts[0]!;
    return { name: start.name, line: line - start.line + 1 + start.skipped };
  }
}

/** What a file begins with, a line of it at least where there is one; that line, and where the next one begins. */
async function beginning(pieces: AsyncIterator<Uint8Array>): Promise<[start: Uint8Array, line: string, rows: number]> {
  let start = new Uint8Array();
  while (!start.includes(NEWLINE)) {
    const next = await pieces.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  if (MARK.every((byte, i) => start[i] === byte)) start = start.subarray(MARK.length);
  const end = start.indexOf(NEWLINE);
  const rows = end < 0 ? start.length : end + 1;
  return [start, new TextDecoder().decode(start.subarray(0, rows)).trimEnd(), rows];
}

function otherColumns(name: string, found: string, first: string): CliError {
  return new CliError({
    exitCode: EXIT.input,
    where: `${name}:1`,
    found: `found the columns ${JSON.stringify(found.slice(0, 200))}`,
    expected: `all files must begin with the line that ${first} begins with`,
    untouched: "Nothing was written.",
    fix: { text: "the columns of the first file in all of them, in their order" },
  });
}
