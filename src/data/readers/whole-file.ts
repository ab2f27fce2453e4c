import type { Told } from "../../base/report.js";

interface Parser<Row> {
  push(piece: Uint8Array): Row[];
  end(): Row[];
}

/** Large enough that cutting costs nothing, small enough that a bar moves. */
const PIECE = 2 ** 20;

/** All rows of a file. @param told  of the bytes that were read, piece by piece */
export function rowsOf<Row>(parser: Parser<Row>, given: Uint8Array | string, told?: Told): Row[] {
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
  const rows: Row[] = [];
  const add = (more: readonly Row[]) => {
    for (const row of more) rows.push(row);
  };
  const size = told === undefined ? Math.max(1, bytes.length) : PIECE;
  for (let at = 0; at < bytes.length; at += size) {
    told?.(at, bytes.length);
    add(parser.push(bytes.subarray(at, at + size)));
  }
  add(parser.end());
  told?.(bytes.length, bytes.length);
  return rows;
}
