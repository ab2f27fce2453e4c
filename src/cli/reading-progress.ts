import { statSync } from "node:fs";
import type { RowStream } from "../tasks/task.js";
import { durationText } from "./format.js";
import type { Terminal } from "./output.js";

const FIRST_MS = 1000;
const EVERY_MS = 250;

/** A file whose reading is shown where it takes longer than a second, on a terminal whose line can be written anew. */
export function withProgress(stream: RowStream, path: string, { stderr }: Terminal): RowStream {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (!stderr.live || size === 0) return stream;
  return {
    ...stream,
    async *pieces() {
      const begin = performance.now();
      let [read, due, isShown] = [0, begin + FIRST_MS, false];
      try {
        for await (const piece of stream.pieces()) {
          yield piece;
          read += piece.length;
          const now = performance.now();
          if (now < due) continue;
          [due, isShown] = [now + EVERY_MS, true];
          const share = Math.min(1, read / size);
          const left = durationText(((now - begin) / 1000) * (1 / share - 1));
          stderr.write(`\r\x1b[Kreading ${stream.name}: ${Math.floor(100 * share)} %, ${left} left`);
        }
      } finally {
        if (isShown) stderr.write("\r\x1b[K");
      }
    },
  };
}
