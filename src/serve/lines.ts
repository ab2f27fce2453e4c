import { lateBody, within } from "./body.js";
import { RequestError } from "./request-error.js";

/** A line of a body, counted from 1; null where it was too long to be held. */
export interface BodyLine {
  readonly line: number;
  readonly bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;

/**
 * The lines of a body as they come, in the memory of one line and one piece. Empty ones are passed over.
 * @param most  bytes of a line; what is longer is told as null
 * @throws RequestError 408 where nothing comes for so many seconds, 400 where the connection ends before the body
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
  try {
    for (;;) {
      const { done, value } = await next(reader, seconds);
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
    }
    const last = length === 0 ? null : take(new Uint8Array());
    if (last !== null) yield [last];
  } finally {
    void reader.cancel().catch(() => {});
  }
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>, seconds: number) {
  const late = () => lateBody(seconds);
  try {
    return await within(seconds, reader.read(), late);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    const must = "come to its end";
    throw new RequestError({ status: 400, code: "cut-off", argument: "body", must, value: "a part of it" });
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
