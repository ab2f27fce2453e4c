import type { StreamOptions } from "../commands.js";
import type { ReadRow } from "./predicted-parts.js";

/**
 * Rows of a file in pieces of so many, wherever its parts end: what is found does not depend on how a file comes.
 * @param onBad  told of rows that cannot be read
 */
export async function* rowPieces<R>(
  parts: AsyncIterable<{ readonly rows: readonly Omit<ReadRow<R>, "cells">[] }>,
  size: number,
  onBad: StreamOptions["onBad"],
): AsyncGenerator<readonly R[], void, undefined> {
  let piece: R[] = [];
  for await (const { rows } of parts) {
    for (const { row, line, error } of rows) {
      if (row === null) onBad!(line, error!);
      else if (piece.push(row) === size) {
        yield piece;
        piece = [];
      }
    }
  }
  if (piece.length > 0) yield piece;
}
