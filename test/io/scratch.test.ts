import fs from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { FileError } from "../../src/base/errors.js";
import { NumberFile } from "../../src/io/number-file.js";
import { languageModelTask as languageModel } from "../../src/tasks/language-model/commands.js";
import { storePairs } from "../../src/tasks/seq2seq/storing.js";
import { seq2seq } from "../../src/tasks/seq2seq/task.js";
import { reversedPairs } from "../support/pairs.js";
import { streamed } from "../support/rows.js";

afterEach(() => void vi.restoreAllMocks());

/** Counts the scratch files that are open, of which the `most`-th next cannot be had. */
function withFiles(most: number) {
  const open = new Set<number>();
  const [openSync, closeSync] = [fs.openSync, fs.closeSync];
  let asked = 0;
  vi.spyOn(fs, "openSync").mockImplementation((path, ...how) => {
    if (!String(path).endsWith("/rows")) return openSync(path, ...how);
    if (++asked > most) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    const file = openSync(path, ...how);
    open.add(file);
    return file;
  });
  vi.spyOn(fs, "closeSync").mockImplementation((file) => {
    open.delete(file);
    closeSync(file);
  });
  return { open, asked: () => asked };
}

const text = reversedPairs(40);
const pairs = () =>
  storePairs({ train: streamed(text, 97, "p.tsv") }, seq2seq.resolve({ valid: 0.2, batch: 4 }, "t"), 15);
const tokens = () =>
  languageModel.readStream!(
    { train: streamed(text.repeat(20), 97, "a.txt"), others: [], valid: streamed(text, 97, "b.txt") },
    { hidden: 4, batch: 4, seqLen: 5, tokens: "char" },
    { op: "train" },
  );

test.each<[string, () => Promise<unknown>]>([
  ["pairs, in three parts", pairs],
  ["tokens of two texts", tokens],
])("of %s: whichever file cannot be had, those before it are closed", async (_, store) => {
  for (let most = 0; ; most++) {
    const { open, asked } = withFiles(most);
    let failure: unknown;
    await store().catch((error: unknown) => {
      failure = error;
    });
    vi.restoreAllMocks();
    if (asked() <= most) {
      expect(failure).toBeUndefined();
      expect(most).toBeGreaterThan(5);
      for (const file of open) fs.closeSync(file);
      return;
    }
    expect(failure).toBeInstanceOf(FileError);
    expect(failure).toMatchObject({ code: "EMFILE" });
    expect([...open], `${most} files could be had`).toEqual([]);
  }
});

test("numbers go to the disk as they come, and are read as they were written", () => {
  const file = new NumberFile();
  const write = vi.spyOn(fs, "writeSync");
  const numbers = Float64Array.from({ length: 200_000 }, (_, i) => i * 1.5 - 7);
  for (const number of numbers) file.append(number);
  const sizes = write.mock.calls.map(([, bytes]) => (bytes as unknown as Uint8Array).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(8 * 100_000);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 20);
  file.flush();
  expect(file.read(new Float64Array(200_000))).toEqual(numbers);
  file.close();
});
