import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeRecord } from "../../src/interchange/formats/tfevents/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1", "--json"];

/** The records of all files of a folder, in order, each checked by writing it again. */
function records(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
      const bytes = readFileSync(`${folder}/${name}`);
      const found: string[] = [];
      for (let start = 0; start < bytes.length; ) {
        const length = bytes.readUInt32LE(start);
        const content = bytes.subarray(start + 12, start + 12 + length);
        expect(Buffer.from(encodeRecord(content)).equals(bytes.subarray(start, start + 16 + length))).toBe(true);
        found.push(content.toString("latin1"));
        start += 16 + length;
      }
      return found;
    });
}

test("train --tensorboard writes what it tells into files that TensorBoard reads", async () => {
  writeFileSync(at("c.txt"), nonsense(2000));
  const argv = ["train", "@c.txt", "--out", "@run", ...SMALL, "--max-steps", "6", "--report-every", "3"];
  expect(await folder.cli(...argv, "--validate-every", "3", "--tensorboard")).toMatchObject({ code: 0, err: "" });
  const [first, ...events] = records(at("run/tensorboard"));
  expect(first).toContain("brain.Event:2");
  for (const tag of [
    "train/loss",
    "train/perplexity",
    "training/lr",
    "validation/loss",
    "weights/rnn.weight_hh_l0",
    "sample",
  ])
    expect(events.some((event) => event.includes(tag))).toBe(true);
  expect(events.some((event) => event.includes("PNG"))).toBe(true);

  const more = ["train", "--resume", "--out", "@run", "--max-steps", "8", "--threads", "1", "--json", "--tensorboard"];
  expect((await folder.cli(...more)).code).toBe(0);
  expect(records(at("run/tensorboard")).filter((record) => record.includes("brain.Event:2"))).toHaveLength(2);
});
