import { expect, test } from "vitest";
import { readCSV, readJSONL, readText } from "../../../src/data/with-readers.js";

const MB = 1 << 20;
/** What may be alive, garbage that was not collected yet included. */
const BOUND = 70 * MB;

/** Lines that repeat, in pieces of 64 KiB as a file gives them. */
function* generated(megabytes: number, header: string, line: (i: number) => string): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const block = encoder.encode(Array.from({ length: 2800 }, (_, i) => line(i)).join(""));
  yield encoder.encode(header);
  for (let made = 0; made < megabytes * MB; made += block.length) {
    for (let at = 0; at < block.length; at += 65_536) yield block.subarray(at, at + 65_536);
  }
}

async function mostUsed(rows: AsyncIterable<unknown>): Promise<{ count: number; most: number }> {
  const used = () => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const before = used();
  let [count, most] = [0, 0];
  for await (const _ of rows) if (++count % 2000 === 0) most = Math.max(most, used() - before);
  return { count, most };
}

const filler = "lorem ipsum dolor sit amet ".repeat(20);

test.each<[string, () => AsyncIterable<unknown>, least: number]>([
  [
    "200 MB of CSV, with quotes here and there",
    () => readCSV(generated(200, "id,price,text\n", (i) => `${i},${i / 4},${i === 99 ? `"a, ""b""\n"` : filler}\n`)),
    300_000,
  ],
  ["60 MB of JSON lines", () => readJSONL(generated(60, "", (i) => `{"id":${i},"text":"${filler}"}\n`)), 100_000],
  ["60 MB of text", () => readText(generated(60, "", (i) => `${i} ${filler}\n`)), 100_000],
])("%s are walked in bounded memory", async (_, read, least) => {
  const { count, most } = await mostUsed(read());
  expect(count).toBeGreaterThan(least);
  expect(most).toBeLessThan(BOUND);
});
