import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// What memory is for: types that are wider in memory than in the file, in a process whose peak the system counts.

const MODULE = resolve("dist/interchange/formats/safetensors/index.js");
const MIB = 2 ** 20;
const FILE = 64 * MIB;
const TENSORS = 32;

/** Answers with the growth of the process, from before there was a file, and with a sum over all elements. */
const PROGRAM = `
  const [module, stored, width, bytes, count] = process.argv.slice(1);
  import(module).then(({ decodeSafetensors }) => {
    const before = process.memoryUsage.rss();
    const size = bytes / count;
    const fields = Array.from({ length: count }, (_, i) =>
      JSON.stringify("t" + i) + ":" +
      JSON.stringify({ dtype: stored, shape: [size / width], data_offsets: [i * size, (i + 1) * size] }));
    const header = Buffer.from("{" + fields.join(",") + "}");
    const file = Buffer.alloc(8 + header.length + Number(bytes));
    file.writeBigUInt64LE(BigInt(header.length));
    header.copy(file, 8);
    file.fill(Uint8Array.of(1, 0), 8 + header.length);
    const { tensors } = decodeSafetensors(file);
    let sum = 0;
    for (const entry of tensors.values()) {
      const { data } = entry;
      for (let i = 0; i < data.length; i++) sum += data[i];
    }
    // maxRSS would be that of the process which started this one, if it was larger.
    const peak = /VmHWM:\\s*(\\d+) kB/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1];
    console.log(JSON.stringify({ grown: 1024 * peak - before, sum }));
  });
`;

const where = process.platform === "linux" ? "" : " (skip: the system does not tell a process's peak)";

test.skipIf(where !== "").each([
  ["U8", 1, FILE / 2],
  ["I8", 1, FILE / 2],
  ["BOOL", 1, FILE / 2],
  ["U16", 2, FILE / 2],
  ["F16", 2, (FILE / 2) * 2 ** -24],
  ["U32", 4, (FILE / 4) * 65537],
])(
  `%s: a file whose tensors are read one after another stays below twice its size and 64 MiB${where}`,
  async (stored, width, sum) => {
    if (!existsSync(MODULE)) throw new Error("dist/ is missing: run `npm run build` first");
    const argv = ["--eval", PROGRAM, pathToFileURL(MODULE).href, stored, width, FILE, TENSORS].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    const found = JSON.parse(stdout) as { grown: number; sum: number };
    expect(found.sum).toBeCloseTo(sum, 6);
    expect(found.grown).toBeLessThan(2 * FILE + 64 * MIB);
  },
);
