import { lateBody, nextPiece } from "./body.js";

/** A line of a body, counted from 1; null where it was too long to be held. */
export interface BodyLine {
  readonly line: number;
  readonly bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;

/**
 * The lines of a body as they come, in the memory of one line and one piece. Empty ones are passed over.
 * @param most  bytes of a line; what is longer is told as null
 * @throws RequestError 408 where no line comes to its end for so many seconds, 400 where the connection ends before the body
 */
export async function* bodyLines(
  body: ReadableStream<Uint8Array>,
  { most, seconds }: { most: number; seconds: number },
): AsyncGenerator<readonly BodyLine[]> {
  const reader = body.getReader();
  let held: Uint8Array[] = [];
  let [length, line] = [0, 1];
  const take = (rest: Uint8Array): BodyLine | null => {
    const own = { line: line++, bytes: length + rest.length > most ? null : joined(held, rest, length) };
    [held, length] = [[], 0];
    return own.bytes !== null && isBlank(own.bytes) ? null : own;
  };
  // Of the line that is under way: a body that comes byte by byte would hold its stream for ever.
  let end = performance.now() + 1000 * seconds;
  try {
    for (;;) {
      const left = Math.max(0, (end - performance.now()) / 1000);
      const { done, value } = await nextPiece(reader, left, () => lateBody(seconds));
      if (done) break;
      const found: BodyLine[] = [];
      let from = 0;
      for (let at = value.indexOf(NEWLINE); at >= 0; at = value.indexOf(NEWLINE, from)) {
        const own = take(value.subarray(from, at));
        if (own !== null) found.push(own);
        from = at + 1;
      }
      length += value.length - from;
      if (length <= most) held.push(value.subarray(from));
      else held = [];
      if (found.length > 0) yield found;
      if (from > 0) end = performance.now() + 1000 * seconds;
    }
    const last = length === 0 ? null : take(new Uint8Array());
    if (last !== null) yield [last];
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function joined(pieces: readonly Uint8Array[], rest: Uint8Array, length: number): Uint8Array {
  if (pieces.length === 0) return rest;
  const all = new Uint8Array(length + rest.length);
  let at = 0;
  for (const piece of [...pieces, rest]) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
