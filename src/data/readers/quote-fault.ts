import type { FormatError } from "../../base/errors.js";
import { placeIn, textError } from "./text-blocks.js";

type Kind = "open" | "behind" | "inside";

const FAULTS: Readonly<Record<Kind, readonly [must: string, value: string, fix: string]>> = {
  open: ["close every double quote", "one that opens here and never closes", "Close it, or double it."],
  behind: ["have a separator behind a closing quote", "something else", 'Write a quote in a cell as "".'],
  inside: [
    "have quotes at both ends of a cell or not at all",
    "one in the middle",
    'Put the cell in quotes, and write those in it as "".',
  ],
};

/**
 * Where the quotes of records go wrong, with line and column: the parser tells only that they do.
 * @param text  whole records, of which the first begins on line `line`
 * @param cause  what the parser said
 */
export function quoteFault(source: string, text: string, delimiter: string, line: number, cause: unknown): FormatError {
  const fault = firstFault(text, delimiter);
  const place = placeIn(text, fault?.at ?? 0, line - blankLines(text));
  const argument = `${source}:${place.line}:${place.column}`;
  if (fault === null) {
    const value = cause instanceof Error ? cause.message : String(cause);
    return textError(source, { argument: `${source}:${line}`, must: "be rows of cells", value, fix: "", line });
  }
  const [must, value, fix] = FAULTS[fault.kind];
  return textError(source, { argument, must, value, fix, ...place });
}

/** Before the first record. */
function blankLines(text: string): number {
  return placeIn(text, text.search(/[^\r\n]/), 0).line;
}

function firstFault(text: string, delimiter: string): { kind: Kind; at: number } | null {
  let at = 0;
  while (at < text.length) {
    if (text[at] !== '"') {
      const [stray, next] = [text.indexOf('"', at), nextCell(text, at, delimiter)];
      if (stray >= 0 && stray < next.at) return { kind: "inside", at: stray };
      at = next.behind;
      continue;
    }
    const opened = at;
    do {
      const close = text.indexOf('"', at + 1);
      if (close < 0) return { kind: "open", at: opened };
      at = close + 1;
    } while (text[at] === '"');
    const next = nextCell(text, at, delimiter);
    if (next.at !== at) return { kind: "behind", at };
    at = next.behind;
  }
  return null;
}

/** Where the cell that holds `from` ends, and where the one after it begins. */
function nextCell(text: string, from: number, delimiter: string): { at: number; behind: number } {
  const breaks = /[\r\n]|$/g;
  breaks.lastIndex = from;
  const line = breaks.exec(text)!.index;
  const separator = text.indexOf(delimiter, from);
  if (separator >= 0 && separator < line) return { at: separator, behind: separator + delimiter.length };
  return { at: line, behind: line + 1 };
}
