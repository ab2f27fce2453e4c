import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { global, joined, pickle, text, u32, zipOf } from "../../../tools/fuzz/archives.mjs";
import { temporaryFolder } from "../../support/temporary-folder.js";

// What reading takes, in a process whose peak the system counts: an honest file no more than itself and 64 MiB, a bad one no more than
// twice itself and 64 MiB.

const MODULE = resolve("dist/interchange/index.js");
const MIB = 2 ** 20;
const FILE = 48 * MIB;
const TENSORS = 24;

/** Answers with the growth of the process, from before there was a file, with a sum over all elements, and how the file was refused. */
const PROGRAM = `
  const [module, file] = process.argv.slice(1);
  import(module).then(async ({ read }) => {
    await read(new TextEncoder().encode("none")).catch(() => {});
    const before = process.memoryUsage.rss();
    let sum = 0;
    let refused = null;
    try {
      const { arrays } = await read(file);
      for (const array of arrays.values()) {
        const { data } = array;
        for (let i = 0; i < data.length; i += 64) sum += data[i];
      }
    } catch (error) {
      refused = error.name;
    }
    // maxRSS would be that of the process which started this one, if it was larger.
    const peak = /VmHWM:\\s*(\\d+) kB/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1];
    console.log(JSON.stringify({ grown: 1024 * peak - before, sum, refused }));
  });
`;

const { at } = temporaryFolder();
const where = process.platform === "linux" ? "" : " (skip: the system does not tell a process's peak)";

async function measured(file: Uint8Array): Promise<{ grown: number; sum: number; refused: string | null }> {
  if (!existsSync(MODULE)) throw new Error("dist/ is missing: run `npm run build` first");
  writeFileSync(at("file"), file);
  const argv = ["--eval", PROGRAM, pathToFileURL(MODULE).href, at("file")];
  return JSON.parse((await promisify(execFile)(process.execPath, argv)).stdout);
}

/** Tensors of one storage each. @param transposed  read column by column */
function torchFile(storage: string, width: number, transposed: boolean): Uint8Array {
  const [bytes, columns] = [FILE / TENSORS, 1024];
  const rows = bytes / width / columns;
  const [shape, strides] = [[rows, columns], transposed ? [1, rows] : [columns, 1]];
  const pair = ([a, b]: number[]) => ["J", u32(a), "J", u32(b), "\x86"];
  const tensors = Array.from({ length: TENSORS }, (_, i) => {
    const id = [
      "(",
      text("storage"),
      global(`torch.${storage}`),
      text(`${i}`),
      text("cpu"),
      "J",
      u32(bytes / width),
      "tQ",
    ];
    const args = [
      "(",
      ...id,
      "K\x00",
      ...pair(shape),
      ...pair(strides),
      "\x89",
      global("collections.OrderedDict"),
      ")Rt",
    ];
    return [text(`t${i}`), global("torch._utils._rebuild_tensor_v2"), ...args, "Rs"];
  });
  const data = new Uint8Array(bytes);
  // PyTorch reads no checksums, and newer versions write none.
  const records = Array.from({ length: TENSORS }, (_, i) => ({ name: `a/data/${i}`, data, crc: 0 }));
  return zipOf([{ name: "a/data.pkl", data: pickle("\x80\x02}", ...tensors.flat(), ".") }, ...records]);
}

test.skipIf(where !== "").each([
  ["F32 in a row, views of the file", "FloatStorage", 4, false],
  ["F16, converted one by one", "HalfStorage", 2, false],
  ["F32 in columns, turned one by one", "FloatStorage", 4, true],
] as const)(`PyTorch, %s: below the file and 64 MiB${where}`, async (_, storage, width, transposed) => {
  const { grown, sum, refused } = await measured(torchFile(storage, width, transposed));
  expect([sum, refused]).toEqual([0, null]);
  expect(grown).toBeLessThan(FILE + 64 * MIB);
});

const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (16777216,), }";
const array = joined(pickle("\x93NUMPY\x01\x00", header.length & 255, 0, header), new Uint8Array(64 * MIB));
const packed = new Uint8Array(deflateRawSync(array));

test.skipIf(where !== "").each<[string, () => Uint8Array]>([
  [
    "archives that unpack to much",
    () =>
      zipOf(Array.from({ length: 30 }, (_, i) => ({ name: `${i}.npy`, data: packed, method: 8, size: array.length }))),
  ],
  ["lists by the million", () => zipOf([{ name: "a/data.pkl", data: pickle("\x80\x02(", "]".repeat(8 * MIB)) }])],
  ["notes by the million", () => zipOf([{ name: "a/data.pkl", data: pickle("\x80\x04N", "\x94".repeat(8 * MIB)) }])],
  [
    "dictionaries with a key each",
    () => zipOf([{ name: "a/data.pkl", data: pickle("\x80\x02", "}K\x01NsX\x01\x00\x00\x00a".repeat(MIB)) }]),
  ],
])(`a bad file, %s: below twice the file and 64 MiB${where}`, async (_, make) => {
  const file = make();
  const { grown, refused } = await measured(file);
  expect(refused).toBe("FormatError");
  expect(grown).toBeLessThan(2 * file.length + 64 * MIB);
});
