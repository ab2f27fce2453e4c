import { File, ready } from "h5wasm";
import { expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { decodeHdf5 } from "../../../src/interchange/formats/hdf5/index.js";
import { lookup3 } from "../../../tools/fuzz/mutate-hdf5.mjs";

// Files that the library writes and that no model is: what each is refused for stands in its message.

const library = (await ready) as unknown as {
  FS: { readFile(path: string): Uint8Array; unlink(path: string): void; streams: unknown[] };
  HEAPU8: Uint8Array;
  _malloc: unknown;
  create_hard_link(file: bigint, from: string, to: string): number;
};
const { FS, create_hard_link } = library;
let written = 0;

/** @param old  in the layout of HDF5 1.6, whose structures have no checksums */
function hdf5(fill: (file: File) => void, old = false): Uint8Array {
  const path = `/lies-${written++}.h5`;
  const file = new File(path, "w", old ? { libver: ["earliest", "latest"] } : {});
  fill(file);
  file.close();
  const bytes = new Uint8Array(FS.readFile(path));
  FS.unlink(path);
  return bytes;
}

const array = (file: File, name: string, shape: number[], options: object = {}): void => {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  file.create_dataset({ name, data, shape, dtype: "<f", ...options });
};
const many = (count: number, act: (i: number) => void): void => {
  for (let i = 0; i < count; i++) act(i);
};
const whole = hdf5((file) => array(file, "w", [2, 3]));
/** The sizes 2 and 3 as they stand in the file, and the first of them another. */
function resized(size: bigint, old: boolean): Uint8Array {
  const bytes = hdf5((file) => array(file, "w", [2, 3]), old);
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (view.getBigUint64(at, true) !== 2n || view.getBigUint64(at + 8, true) !== 3n) at++;
  view.setBigUint64(at, size, true);
  if (old) return bytes;
  // The object header around it is sealed.
  let header = at;
  while (view.getUint32(header, true) !== 0x5244484f) header--;
  const flags = bytes[header + 5];
  const sized = header + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const length = (flags & 3) === 0 ? bytes[sized] : view.getUint16(sized, true);
  const end = sized + (1 << (flags & 3)) + length;
  view.setUint32(end, lookup3(bytes.subarray(header, end)), true);
  return bytes;
}

/** A text of three letters, by where it lies, and that reference with another length. */
function longText(length: number): Uint8Array {
  const bytes = hdf5((file) => void file.create_attribute("a", ["one"]), true);
  const view = new DataView(bytes.buffer);
  const isAddress = (at: number) => Number(view.getBigUint64(at, true)) === bytes.indexOf("GCOL".charCodeAt(0));
  let at = 0;
  while (!(view.getUint32(at, true) === 3 && isAddress(at + 4))) at++;
  view.setUint32(at, length, true);
  return bytes;
}

/** The library went through what follows for ever: there are objects of no size. */
function longCollection(): Uint8Array {
  const bytes = hdf5((file) => {
    file.create_attribute("a", ["one"]);
    array(file, "w", [4000]);
  }, true);
  const at = bytes.findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 4)) === "GCOL");
  bytes.set([64, 64], at + 6);
  new DataView(bytes.buffer).setBigUint64(at + 8, 0x4040n, true);
  return bytes;
}

test.each<[string, () => Uint8Array, string]>([
  [
    "a link to itself",
    () => hdf5((file) => void file.create_soft_link("/x", "x")),
    "be an HDF5 file in order, got too many links",
  ],
  ["groups that hold each other", () => hdf5((file) => { file.create_group("a"); create_hard_link(file.file_id, "/", "/a/up"); }), "be at most 32 groups deep"], // biome-ignore format: one line
  ["groups that hold each other twice", () => hdf5((file) => { file.create_group("a"); many(2, (i) => create_hard_link(file.file_id, "/", `/a/up${i}`)); }), "be at most 32 groups deep"], // biome-ignore format: one line
  [
    "a link to another file",
    () => hdf5((file) => void file.create_external_link("/etc/passwd", "/", "x")),
    "lie in the file, got a link to another file",
  ],
  [
    "more groups than any model has",
    () => hdf5((file) => many(5001, (i) => file.create_group(`g${i}`))),
    "hold at most 5000 groups and datasets",
  ],
  [
    "more attributes",
    () => hdf5((file) => many(1001, (i) => file.create_attribute(`a${i}`, 1))),
    "have at most 1000 attributes, got 1001",
  ],
  [
    "an array in more pieces",
    () => hdf5((file) => array(file, "w", [10_001], { chunks: [1] })),
    "lie, with all before it, in at most 10000 chunks",
  ],
  [
    "a bomb",
    () => hdf5((file) => array(file, "w", [3_000_000], { chunks: [3_000_000], compression: 9 })),
    "unpack, with all before it, to at most",
  ],
  ["several that are one together", () => hdf5((file) => many(3, (i) => array(file, `w${i}`, [1_000_000], { chunks: [1_000_000], compression: 9 }))), "unpack, with all before it, to at most"], // biome-ignore format: one line
  ["an array of 2^40 rows", () => resized(2n ** 40n, false), "must"],
  ["an array of 2^40 rows, in the old layout", () => resized(2n ** 40n, true), "must"],
  ["an array of 2^62 rows", () => resized(2n ** 62n, false), "must"],
  ["an array of two million rows", () => resized(2_000_000n, true), "must"],
  ["a text of a gigabyte", () => longText(2 ** 30), "be read with at most 48"],
  [
    "texts in a collection that says it is longer, its reserved bytes set",
    () => longCollection(),
    "hold collections of texts in order",
  ],
  ["a text that is longer than what it lies in", () => longText(4), "be an HDF5 file in order, got "],
  ["a file that ends too early", () => whole.subarray(0, whole.length - 9), "truncated file: eof ="],
  ["a file of its signature alone", () => whole.subarray(0, 8), "be an HDF5 file in order"],
  ["a header whose checksum is wrong", () => whole.with(45, whole[45] ^ 1), "be an HDF5 file in order, got "],
])("refuses %s", async (_, make, message) => {
  const error = await decodeHdf5(make(), "bad.h5").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toContain(message);
  expect((error as FormatError).message).not.toContain("HDF5-DIAG");
});

test("what is refused leaves no file open, and no more memory than it may take", async () => {
  const open = () => FS.streams.filter((stream) => stream != null).length;
  const [streams, heap, { _malloc }, { grow }] = [open(), library.HEAPU8.length, library, WebAssembly.Memory.prototype];
  const files = [longText(2 ** 30), longText(4), resized(2n ** 40n, true), whole.subarray(0, whole.length - 9)];
  for (const file of [...files, ...files]) await expect(decodeHdf5(file, "bad.h5")).rejects.toThrow(FormatError);
  expect(open()).toBe(streams);
  expect(library.HEAPU8.length - heap).toBeLessThan(64 * 2 ** 20);
  expect([library._malloc, WebAssembly.Memory.prototype.grow]).toEqual([_malloc, grow]);
});

test("what is refused leaves the library as it was", async () => {
  await decodeHdf5(resized(2n ** 40n, true), "bad.h5").catch(() => {});
  expect((await decodeHdf5(whole)).arrays.get("w")).toMatchObject({ shape: [2, 3], dtype: "float32" });
});
