import { FormatError } from "../../base/errors.js";

const GZIP = [0x1f, 0x8b] as const;

/** The bytes themselves, or what they unpack to where they are gzip, as their first two say. */
export async function* unpacked(name: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = pieces[Symbol.asyncIterator]();
  try {
    const start: Uint8Array[] = [];
    while (start.reduce((sum, { length }) => sum + length, 0) < GZIP.length) {
      const next = await reader.next();
      if (next.done) break;
      start.push(next.value);
    }
    const first = start.flatMap((piece) => [...piece.subarray(0, 2)]);
    const rest = chain(start, reader);
    if (first[0] === GZIP[0] && first[1] === GZIP[1]) yield* gunzipped(name, rest);
    else yield* rest;
  } finally {
    await reader.return?.();
  }
}

async function* chain(start: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* gunzipped(name: string, packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  // What the source itself throws is no fault of the archive.
  let failure: { cause: unknown } | undefined;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await packed.next();
        if (done) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (cause) {
        failure = { cause };
        controller.error(cause);
      }
    },
  });
  const reader = stream.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    if (failure !== undefined) throw failure.cause;
    const value = cause instanceof Error ? cause.message : String(cause);
    const [must, fix] = ["be a whole gzip file", "Fetch or write it again."];
    throw new FormatError({ op: "gunzip", argument: name, must, value, fix, code: "bad-gzip" }, { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
