import { Inflate } from "fflate";

/** What one push may grow to is a thousand times as much. */
const PIECE = 4096;

/**
 * Unpacks deflated bytes piece by piece, and stops as soon as there are more than `size`.
 * @param take  a piece is only valid within the call
 * @returns how many bytes there were, `size + 1` where there are more; a text for what is no deflated data
 */
export function inflate(bytes: Uint8Array, size: number, take: (piece: Uint8Array) => void): number | string {
  let total = 0;
  const over = new RangeError("more");
  const stream = new Inflate((piece) => {
    total += piece.length;
    if (total > size) throw over;
    take(piece);
  });
  try {
    if (bytes.length === 0) return "nothing";
    for (let at = 0; at < bytes.length; at += PIECE)
      stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    return total;
  } catch (error) {
    if (error === over) return size + 1;
    return error instanceof Error ? error.message : String(error);
  }
}
