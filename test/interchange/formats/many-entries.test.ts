import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { global, pickle, text, u32, zipOf } from "../../../tools/fuzz/archives.mjs";
import { assemble } from "../../../tools/fuzz/mutate-bytes.mjs";
import { temporaryFolder } from "../../support/temporary-folder.js";

// Files of small parts by the hundred thousand, each of which costs many times its bytes once it is read: every one is refused with
// its own message, in a process that grows by twice the file and 64 MiB at most.

const MODULE = resolve("dist/interchange/index.js");
const MIB = 2 ** 20;
const MANY = 300_000;

/** How a file was refused, and how much the process grew. */
const PROGRAM = `
  const [module, file] = process.argv.slice(1);
  import(module).then(async ({ read }) => {
    await read(new TextEncoder().encode("none")).catch(() => {});
    const before = process.memoryUsage.rss();
    const said = await read(file).then(() => "taken", ({ name, message }) => name + ": " + message);
    const peak = /VmHWM:\\s*(\\d+) kB/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1];
    console.log(JSON.stringify({ grown: 1024 * peak - before, said }));
  });
`;

const { at } = temporaryFolder();
const where = process.platform === "linux" ? "" : " (skip: the system does not tell a process's peak)";

const list = (count: number, item: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join();
const repeated = (bytes: string, count: number): Uint8Array =>
  new Uint8Array(Buffer.from(bytes.repeat(count), "latin1"));
const joined = (...parts: readonly (Uint8Array | Uint8Array[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.flat()));

/** Fields of protobuf: what comes after a tag and, for `group`, a length. */
function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return joined(varint(8 * number + 2), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Uint8Array.of(...out, rest);
}

const count = (number: number, value: number): Uint8Array => joined(varint(8 * number), varint(value));
const onnx = (...graph: readonly (Uint8Array | Uint8Array[])[]): Uint8Array =>
  joined(count(1, 8), field(8, count(2, 17)), field(7, joined(...graph)));
const node = (input: string, output: string, op: string): Uint8Array =>
  field(1, joined(field(1, input), field(2, output), field(4, op)));
const many = (make: (i: number) => Uint8Array, length = MANY): Uint8Array[] =>
  Array.from({ length }, (_, i) => make(i));

const tensors = (length: number, name: (i: number) => string): Uint8Array =>
  assemble(
    `{${list(length, (i) => `"${name(i)}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`)}}`,
    new Uint8Array(),
  );
const model = (topology: string, manifest = "[]"): Uint8Array =>
  new Uint8Array(Buffer.from(`{"modelTopology":${topology},"weightsManifest":${manifest}}`));
const archive = (...parts: readonly (Uint8Array | Uint8Array[])[]): Uint8Array =>
  zipOf([{ name: "a/data.pkl", data: joined(...parts) }]);
const START = pickle("\x80\x02");

const FILES: readonly [string, () => Uint8Array, string][] = [
  ["tensors", () => tensors(MANY, (i) => `w${i}`), "name at most 20000 tensors"],
  ["a name of megabytes", () => tensors(1, () => "module.".repeat(1_000_000)), "a name of at most 1000 characters"],
  ["weights", () => model("{}", `[{"paths":[],"weights":[${list(MANY, (i) => `{"name":"w${i}","shape":[1],"dtype":"int32"}`)}]}]`), "be made of fewer parts"], // biome-ignore format: one line
  ["files of weights", () => model("{}", `[{"paths":[${list(50_000, (i) => `"${i}.bin"`)}],"weights":[]}]`), "end with at most 10000 files"], // biome-ignore format: one line
  ["lists", () => model(`[${"[],".repeat(4_000_000)}0]`), "be made of fewer parts"],
  ["objects", () => model(`[${"{},".repeat(4_000_000)}0]`), "be made of fewer parts"],
  ["numbers", () => model(`[${"1,".repeat(6_000_000)}0]`), "be made of fewer parts"],
  ["keys", () => model(`{${list(1_000_000, (i) => `"k${i}":1`)}}`), "be made of fewer parts"],
  ["calls of one layer", () => model(`{"class_name":"Model","config":{"layers":[{"class_name":"Add","name":"a","config":{},"inbound_nodes":[${list(MANY, (i) => `[["a",${i},0,{}]]`)}]}]}}`), "be made of fewer parts"], // biome-ignore format: one line
  [
    "layers in each other",
    () => model('{"class_name":"Sequential","config":{"layers":['.repeat(10_000)),
    "be nested at most 64 deep",
  ],
  [
    "files of an archive",
    () => zipOf([{ name: "a.npy", data: START }], { count: 65535, wide: { count: 70_000 } }),
    "hold at most 10000 files",
  ],
  [
    "tuples in each other",
    () => archive(START, repeated("N", 1), repeated("\x85", 12_000_000), pickle(".")),
    "bytes in memory, got more",
  ],
  ["notes", () => archive(pickle("\x80\x04N"), repeated("\x94", 12_000_000), pickle(".")), "bytes in memory, got more"],
  ["notes out of order", () => archive(START, pickle("N"), many((i) => pickle("r", u32(8 + 2 * i)), 500_000), pickle(".")), "bytes in memory, got more"], // biome-ignore format: one line
  [
    "numbers in a list",
    () => archive(START, pickle("]"), repeated("K\x01a", 4_000_000), pickle(".")),
    "bytes in memory, got more",
  ],
  ["a list that is gone through again and again", () => archive(START, pickle("]("), repeated("(K\x01Nt", 100_000), pickle("eq\x000"), repeated(`${global("collections.OrderedDict")}(h\x00tR0`, 3000), pickle("N.")), "bytes in memory, got more"], // biome-ignore format: one line
  [
    "texts",
    () =>
      archive(
        START,
        pickle("}"),
        many((i) => pickle(text(`w${i}`), "Ns"), 600_000),
        pickle("."),
      ),
    "bytes in memory, got more",
  ],
  ["nodes", () => onnx(many((i) => node(`t${i}`, `t${i + 1}`, "Relu"))), "be made of fewer parts"],
  ["operators", () => onnx(many((i) => node("x", `t${i}`, `Op${i}`), 20_000), field(11, field(1, "x"))), "use at most 1000 operators that do not run here, got 20000"], // biome-ignore format: one line
  ["initializers", () => onnx(many((i) => field(5, joined(count(1, 1), count(2, 1), field(8, `w${i}`), field(9, new Uint8Array(4)))))), "be made of fewer parts"], // biome-ignore format: one line
  ["inputs", () => onnx(many((i) => field(11, field(1, `x${i}`)))), "be made of fewer parts"],
  ["attributes", () => onnx(field(1, joined(many((i) => field(5, field(1, `a${i}`)))))), "be made of fewer parts"],
  ["integers", () => onnx(field(1, field(5, field(8, repeated("\x01", 8_000_000))))), "be made of fewer parts"],
  [
    "properties",
    () =>
      joined(
        onnx(),
        many((i) => field(14, field(1, `k${i}`))),
      ),
    "be made of fewer parts",
  ],
];

test.skipIf(where !== "").each(FILES)(
  `%s by the hundred thousand: their own message, within twice the file and 64 MiB${where}`,
  async (_, make, message) => {
    if (!existsSync(MODULE)) throw new Error("dist/ is missing: run `npm run build` first");
    const file = make();
    writeFileSync(at("model.json"), file);
    const argv = ["--eval", PROGRAM, pathToFileURL(MODULE).href, at("model.json")];
    const { grown, said } = JSON.parse((await promisify(execFile)(process.execPath, argv)).stdout);
    expect(said).toMatch(/^FormatError: /);
    expect(said).toContain(message);
    expect(grown).toBeLessThan(2 * file.length + 64 * MIB);
  },
);

test("names that become one name are told apart in one pass", async () => {
  // 2^14 ways to write one name: they were copied for each other once.
  const { read } = await import("../../../src/interchange/read.js");
  const wrappers = (i: number): string => i.toString(2).padStart(14, "0").replace(/./g, (bit) => (bit === "0" ? "module." : "_orig_mod.")); // biome-ignore format: one line
  const { leftover, parts } = await read(tensors(2 ** 14, (i) => `${wrappers(i)}w`));
  expect(parts).toBeNull();
  expect(leftover).toHaveLength(2 ** 14);
});
