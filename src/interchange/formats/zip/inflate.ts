import { Inflate, inflateSync } from "fflate";

/** What one push may grow to is a thousand times as much. */
const PIECE = 4096;
/** What is no larger, packed and unpacked, is unpacked at once: a stream takes a hundred kilobytes, and an archive has thousands of them. */
const SMALL = 16_384;

/**
 * Unpacks deflated bytes piece by piece, and stops as soon as there are more than `size`.
 * @param take  a piece is only valid within the call
 * @returns how many bytes there were, `size + 1` where there are more; a text for what is no deflated data
 */
export function inflate(bytes: Uint8Array, size: number, take: (piece: Uint8Array) => void): number | string {
  if (bytes.length === 0) return "nothing";
  const over = new RangeError("more");
  try {
    return Math.max(bytes.length, size) <= SMALL ? atOnce(bytes, size, take, over) : inPieces(bytes, size, take, over);
  } catch (error) {
    if (error === over) return size + 1;
    return error instanceof Error ? error.message : String(error);
  }
}

function atOnce(bytes: Uint8Array, size: number, take: (piece: Uint8Array) => void, over: RangeError): number {
  // What does not fit is not written, and one byte more tells of it; a block that is stored is set as one, and throws.
  const found = inflated(bytes, size + 1);
  if (found === null || found.length > size) throw over;
  take(found);
  return found.length;
}

function inflated(bytes: Uint8Array, room: number): Uint8Array | null {
  try {
    return inflateSync(bytes, { out: new Uint8Array(room) });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function inPieces(bytes: Uint8Array, size: number, take: (piece: Uint8Array) => void, over: RangeError): number {
  let total = 0;
  const stream = new Inflate((piece) => {
    total += piece.length;
    if (total > size) throw over;
    take(piece);
  });
  for (let at = 0; at < bytes.length; at += PIECE)
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  return total;
}
