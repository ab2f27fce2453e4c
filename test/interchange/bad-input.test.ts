import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { read } from "../../src/interchange/index.js";
import { filesIn, global, joined, pickle, text, u32, u64, zipOf } from "../../tools/fuzz/archives.mjs";

// Files put together to be refused, each by a message of its own, and none at the cost of more than its size.

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/torch-files/${name}`, import.meta.url)));
const MIB = 2 ** 20;

async function refused(bytes: Uint8Array, message: string | RegExp): Promise<FormatError> {
  const error = await read(bytes, { source: "bad" }).then(
    () => "it was taken",
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toMatch(message);
  return error as FormatError;
}

const START = "\x80\x02";
/** A pickle in an archive, as PyTorch puts it. */
const archive = (...parts: (string | number | Uint8Array)[]): Uint8Array =>
  zipOf([
    { name: "a/data.pkl", data: pickle(...parts) },
    { name: "a/data/0", data: new Uint8Array(16) },
  ]);

/** A tensor of four floats, but for what is said. */
function tensorPickle({
  offset = "K\x00",
  shape = "K\x04\x85",
  strides = "K\x01\x85",
  length = "K\x04",
  key = "0",
  storage = "torch.FloatStorage",
} = {}) {
  const id = ["(", text("storage"), global(storage), text(key), text("cpu"), length, "tQ"];
  return [
    global("torch._utils._rebuild_tensor_v2"),
    "(",
    ...id,
    offset,
    shape,
    strides,
    "\x89",
    global("collections.OrderedDict"),
    ")RtR",
  ];
}
const tensorFile = (options: Parameters<typeof tensorPickle>[0]): Uint8Array =>
  archive(START, "}", text("w"), ...tensorPickle(options), "s.");

describe("pickles", () => {
  test("the tensor that the others are made of is read", async () => {
    const { arrays } = await read(tensorFile({}));
    expect([...arrays.get("w")!.data]).toEqual([0, 0, 0, 0]);
  });

  test.each<[string, Uint8Array, string]>([
    [
      "a name",
      archive(START, global("os.system"), "."),
      "must ask only for what tensors are made of: nothing else of it is ever run, got os.system",
    ],
    ["a name from the stack", archive("\x80\x04", "\x8c\x02os\x8c\x06system\x93."), "got os.system"],
    ["a name of JavaScript", archive(START, global("__proto__.constructor"), "."), "got __proto__.constructor"],
    [
      "the old way to make objects",
      archive(START, "(ios\nsystem\n."),
      "instructions that tensors need alone, got INST",
    ],
    ["an extension", archive(START, "\x82\x01."), "got EXT1"],
    ["a text protocol", archive("I1\n."), "got INT"],
    ["a byte that is no instruction", archive(START, "\xff."), "got byte 0xff at byte 2"],
    ["a protocol to come", archive("\x80\x06N."), "be of protocol 5 at most, got 6"],
    ["an empty stack", archive(START, "0."), "take from its stack only what it put there"],
    ["more taken than is above the mark", archive(START, "N(0."), "take from its stack only what it put there"],
    ["no mark", archive(START, "t."), "take to a mark only where there is one"],
    ["nothing noted", archive(START, "h\x07."), "recall only what it noted, got number 7"],
    ["an end before the end", archive(START, "N"), "be whole"],
    [
      "a text without end",
      archive(START, "X", u32(2 ** 31), "abc"),
      "be whole, got 2147483648 more bytes from byte 7 on, of 10 in all",
    ],
    ["a text of 2^63 bytes", archive(START, "\x8d", u64(2 ** 62), "abc"), "be whole, got 46116860184273"],
    [
      "a frame that is longer than all",
      archive("\x80\x04", "\x95", u64(2 ** 40), "N."),
      "be whole, got a frame of 1099511627776 bytes",
    ],
    ["a name without a line's end", archive(START, `c${"a".repeat(2000)}`), "end a line within 512 bytes"],
    ["bytes that are no text", archive(START, "X", u32(2), "\xff\xfe."), "hold texts in UTF-8"],
    [
      "a huge integer",
      archive(START, "\x8b", u32(1_000_000), "\x01".repeat(1_000_000), "."),
      "hold integers of at most 256 bytes, got one of 1000000",
    ],
    ["a list in itself", archive(START, "]q\x00h\x00a."), "nested at most 64 deep, and never hold itself"],
    [
      "a dictionary in itself",
      archive(START, "}q\x00", text("a"), "h\x00s."),
      "nested at most 64 deep, and never hold itself",
    ],
    [
      "lists of lists, each twice the one before",
      archive(START, "]q\x00(h\x00h\x00l".repeat(1).concat("q\x00(h\x00h\x00l".repeat(50)), "."),
      "hold at most 1000000 values",
    ],
    ["long names in long names", archive(START, nestedNames(40), "."), "have paths of at most 1000 characters"],
    ["a key that is a list", archive(START, "}]Ns."), "have texts and numbers as keys"],
    ["items without a dictionary", archive(START, "](NNu."), "put items into dictionaries"],
    ["a key without a value", archive(START, "}(Nu."), "have a value for each key, got 1 of both"],
    ["something appended to nothing", archive(START, "NNa."), "append to lists, got null"],
    ["a call of a text", archive(START, text("x"), ")R."), 'call only what makes tensors, got "x"'],
    [
      "a call of a class",
      archive(START, global("torch.FloatStorage"), ")R."),
      "call only what makes tensors, got torch.FloatStorage",
    ],
    ["attributes of a number", archive(START, "K\x01}b."), "give attributes to tensors and dictionaries alone"],
    ["an id that is no storage", archive(START, "(K\x01K\x02tQ."), "point to storages alone"],
    [
      "a module with its source",
      archive(START, "(", text("module"), "NtQ."),
      "hold tensors alone, got a module with its source",
    ],
    ["a stack of millions", archive(START, "K\x01".repeat(1_100_000), "."), "stack at most 500000 values"],
    ["lists by the million", archive(START, "]0".repeat(1_600_000), "N."), "bytes in memory, got more"],
  ])("%s", async (_, bytes, message) => {
    await refused(bytes, new RegExp(message.replace(/[[\]().^$+*?|]/g, "\\$&")));
  });

  test.each<[string, Parameters<typeof tensorPickle>[0], string]>([
    ["beyond its storage", { shape: "K\x05\x85" }, "have tensors within their storages, got element 4 of 4"],
    ["an offset beyond", { offset: "K\x01" }, "have tensors within their storages, got element 4 of 4"],
    ["a stride beyond", { shape: "K\x02\x85", strides: "J\xff\xff\xff\x7f\x85" }, "have tensors within their storages"],
    ["a negative size", { shape: "J\xff\xff\xff\xff\x85" }, "have for a size an integer that is not negative, got -1"],
    [
      "a size of half",
      { shape: "G?\xe0\x00\x00\x00\x00\x00\x00\x85" },
      "have for a size an integer that is not negative, got 0.5",
    ],
    ["a stride too few", { strides: ")" }, "have a stride for each"],
    [
      "2^62 elements",
      { shape: "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", strides: "K\x00K\x00\x86" },
      "have tensors below 2^53 elements",
    ],
    [
      "one number a billion times",
      { shape: "J\x00\xca\x9a\x3b\x85", strides: "K\x00\x85" },
      "repeat numbers to at most 4194304 elements",
    ],
    ["a storage that is longer in the pickle", { length: "K\x05" }, "have a storage of 20 bytes (5 of F32), got 16"],
    [
      "a storage that is shorter in the pickle",
      { length: "K\x03", shape: "K\x03\x85" },
      "have a storage of 12 bytes (3 of F32), got 16",
    ],
    ["a storage that is not there", { key: "../1" }, 'have its storage in "a/data/../1", got no such record'],
    ["a type of its own", { storage: "torch.QInt8Storage" }, "got torch.QInt8Storage"],
    ["bytes without a type", { storage: "torch.storage.UntypedStorage" }, "say the type of a tensor"],
  ])("a tensor %s", async (_, options, message) => {
    await refused(tensorFile(options), new RegExp(message.replace(/[[\]().^$+*?|]/g, "\\$&")));
  });

  test("a tensor without elements may begin anywhere", async () => {
    for (const shape of ["K\x00\x85", "K\x03K\x00\x86"]) {
      const strides = shape.length === 3 ? "K\x01\x85" : "K\x07K\x01\x86";
      const { arrays } = await read(tensorFile({ shape, strides, offset: "J\xff\xff\xff\x7f" }));
      expect(arrays.get("w")!.data).toHaveLength(0);
    }
  });

  test("two tensors of one name", async () => {
    const both = [START, "}", text("a.b"), ...tensorPickle(), "s", text("a"), "}", text("b"), ...tensorPickle(), "ss."];
    await refused(archive(...both), 'tensor "a.b" of bad must be the only one under its name');
  });

  test("whatever is named, nothing of JavaScript changes", async () => {
    const { arrays, metadata } = await read(
      archive(START, "}", text("__proto__"), ...tensorPickle(), "s", text("toString"), "K\x01s."),
    );
    expect([...arrays.keys()]).toEqual(["__proto__"]);
    expect(Object.hasOwn(metadata, "toString")).toBe(true);
    expect(({} as Record<string, unknown>)["w"]).toBeUndefined();
  });
});

/** Keys of a hundred letters in each other. */
function nestedNames(depth: number): Uint8Array {
  const key = text("k".repeat(100));
  return pickle(...Array.from({ length: depth }, () => ["}", key]).flat(), "N", "s".repeat(depth));
}

describe("archives", () => {
  const data = new Uint8Array(100).fill(7);
  const file = (lies: object) =>
    zipOf([
      { name: "a/data.pkl", data: pickle(START, "}.") },
      { name: "a/data/0", data, ...lies },
    ]);

  test.each<[string, Uint8Array, string | RegExp]>([
    ["truncated", fixture("tensors.pt").subarray(0, 3000), "end with the directory of a zip archive"],
    ["encrypted", file({ flags: 1 }), '"a/data/0" in bad must not be encrypted'],
    ["packed otherwise", file({ method: 12 }), "be stored or deflated, got method 12"],
    [
      "a name twice",
      zipOf([
        { name: "a/data.pkl", data },
        { name: "a/data.pkl", data },
      ]),
      "be the name of one file of the archive",
    ],
    [
      "stored in another size",
      file({ size: 99, localSize: 99 }),
      "be as long as it is stored, without compression, got 99 bytes in 100",
    ],
    [
      "two sizes",
      file({ localSize: 99, localPacked: 99 }),
      "be of 100 bytes (100 unpacked), as the directory says, got 99 (99)".replace(/[()]/g, "."),
    ],
    ["two names", file({ localName: "a/data/1" }), 'have one name, here and in the directory, got "a/data/1"'],
    ["data beyond the archive", file({ size: 5000, packed: 5000 }), "lie before byte"],
    ["data within other data", file({ offset: 0, localName: "a/data.pkl" }), /have one name|not overlap/],
    [
      "a directory beyond the archive",
      zipOf([{ name: "a/data.pkl", data }], { begin: 5000 }),
      "the directory in bad must lie before byte",
    ],
    [
      "more files than there are",
      zipOf([{ name: "a/data.pkl", data }], { count: 9 }),
      "file 1 of the directory in bad must lie before byte",
    ],
    ["65,535 files", zipOf([{ name: "a/data.pkl", data }], { count: 65535 }), "be followed by its 64-bit twin"],
    ["2^60 files", zipOf([{ name: "a/data.pkl", data }], { wide: { count: 2 ** 60 } }), "hold at most 10000 files"],
    [
      "a 64-bit end beyond the archive",
      zipOf([{ name: "a/data.pkl", data }], { wide: { at: 2 ** 40 } }),
      "the directory's end in bad must lie before byte",
    ],
    [
      "no pickle and no arrays",
      zipOf([{ name: "word/document.xml", data }]),
      'model.weights.h5 of Keras, got "word/document.xml".',
    ],
    [
      "a TorchScript archive",
      zipOf([
        { name: "m/data.pkl", data },
        { name: "m/constants.pkl", data },
      ]),
      "hold tensors alone, got a TorchScript archive",
    ],
    [
      "numbers in the other order",
      zipOf([
        { name: "m/data.pkl", data },
        { name: "m/byteorder", data: pickle("big") },
      ]),
      "be of little-endian numbers",
    ],
    ["an archive of nothing", zipOf([]), "got an empty archive"],
    ["nothing", new Uint8Array(), "got an empty file"],
    ["a web page", pickle("\n<!DOCTYPE html><title>404"), "got a page of the web"],
    ["a pointer", pickle("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n"), "got a pointer of Git LFS"],
    ["what gzip packed", pickle("\x1f\x8b\x08\x00"), "got a packed file, which has to be unpacked"],
    ["what zstd packed", pickle("\x28\xb5\x2f\xfd\x00"), "got a packed file, which has to be unpacked"],
    ["a model of llama.cpp", pickle("GGUF\x03\x00"), "got a file of llama.cpp"],
    ["a configuration", pickle('{"architectures": ["LSTM"]}'), "got JSON without a modelTopology"],
    ["a text", pickle("the cat sat"), 'got a text that begins with "the cat sat"'],
    ["bytes that nobody knows", pickle("\x00\x01\xfe"), "got a file that begins with 00 01 fe"],
  ])("%s", async (_, bytes, message) => {
    const pattern = typeof message === "string" ? new RegExp(message.replace(/[[\]()^$+*?|]/g, "\\$&")) : message;
    await refused(bytes, pattern);
  });

  test("two files in one place", async () => {
    const one = { name: "a/data.pkl", data: pickle(START, "}.") };
    await refused(zipOf([one, { name: "a/data/0", data, offset: 10 }]), /have its signature|not overlap/);
    const inner = zipOf([{ name: "a/data/1", data: new Uint8Array(20) }]).subarray(0, 60);
    await refused(
      zipOf([
        one,
        { name: "a/data/0", data: inner },
        { name: "a/data/1", data: new Uint8Array(20), offset: offsetOf(one, "a/data/0") },
      ]),
      "not overlap",
    );
  });

  test("comments and sizes behind the data are read as they should", async () => {
    const files = filesIn(fixture("tensors.pt"));
    const { arrays } = await read(zipOf(files, { comment: "hello", wide: {} }));
    expect(arrays.size).toBe(17);
    const behind = files.map((one) => ({ ...one, flags: 8, localSize: 0, localPacked: 0 }));
    expect((await read(zipOf(behind))).arrays.size).toBe(17);
  });
});

/** Where the data of the file after `one` begin. */
function offsetOf(one: { name: string; data: Uint8Array }, name: string): number {
  return 30 + one.name.length + one.data.length + 30 + name.length;
}

describe("arrays of NumPy", () => {
  const npy = (header: string, bytes = 0, version = 1): Uint8Array =>
    joined(pickle("\x93NUMPY", version, 0, header.length & 255, header.length >> 8, header), new Uint8Array(bytes));
  const npz = (array: Uint8Array, lies: object = {}) => zipOf([{ name: "x.npy", data: array, ...lies }]);
  const GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";

  test("the one that the others are made of is read", async () => {
    expect((await read(npy(GOOD, 12))).arrays.get("array")!.shape).toEqual([3]);
    expect((await read(npz(npy(GOOD, 12)))).arrays.get("x")!.shape).toEqual([3]);
  });

  test.each<[string, string, string]>([
    ["objects", GOOD.replace("<f4", "|O"), "objects of Python, which are pickles"],
    ["records", GOOD.replace("'<f4'", "[('a', '<f4')]"), "hold plain numbers, got records"],
    ["times", GOOD.replace("<f4", "<M8[s]"), "(times)"],
    ["floats of 16 bytes", GOOD.replace("<f4", "<f16"), "(floats of another width)"],
    ["no shape", "{'descr': '<f4', 'fortran_order': False, }", "say a shape, got nothing"],
    ["no order", "{'descr': '<f4', 'shape': (3,), }", "say fortran_order, got nothing"],
    ["a shape of words", GOOD.replace("(3,)", "(a,)"), "have a shape of sizes"],
    ["a negative size", GOOD.replace("(3,)", "(-3,)"), "have a shape of sizes"],
    ["2^64 elements", GOOD.replace("(3,)", "(4294967296, 4294967296)"), "have fewer than 2^53 bytes"],
    ["another field", GOOD.replace("'descr'", "'desc'"), 'say descr, fortran_order and shape, got "desc"'],
    ["a field twice", GOOD.replace("'shape': (3,)", "'descr': '<f4'"), 'say each of them once, got "descr"'],
    ["code", "__import__('os').getcwd()", "be a dictionary as Python writes it"],
    ["more behind it", `${GOOD} + 1`, "end with its dictionary"],
    ["65 axes", GOOD.replace("(3,)", `(${"1,".repeat(65)})`), "say a shape"],
    ["data too short", GOOD, "have 12 bytes (shape [3] of F32), got 8"],
  ])("%s", async (name, header, message) => {
    const array = npy(header, name === "data too short" ? 8 : 12);
    const pattern = new RegExp(message.replace(/[[\]().^$+*?|]/g, "\\$&"));
    await refused(array, pattern);
    await refused(npz(array), pattern);
  });

  test("a version to come, a header that is longer than the file, an endless one", async () => {
    await refused(npy(GOOD, 12, 4), "be of version 1, 2 or 3, got 4");
    await refused(
      joined(pickle("\x93NUMPY\x01\x00\xff\x0f{"), new Uint8Array(3)),
      "have all of its header of 4095 bytes",
    );
    await refused(pickle("\x93NUMPY\x02\x00", u32(2 ** 31), "{"), "have a header of at most 10000 bytes");
    await refused(pickle("\x93NUMPY\x01"), "be of version 1, 2 or 3");
  });

  test("what is deflated is what the archive says", async () => {
    const array = npy(GOOD, 12);
    const packed = new Uint8Array(deflateRawSync(array));
    const crc = (await import("node:zlib")).crc32?.(array);
    const honest = filesIn(fixture("arrays.compressed.npz"))[0];
    expect(honest.method).toBe(8);
    const say = (lies: object) => npz(packed, { method: 8, size: array.length, localSize: array.length, ...lies });
    await refused(say({ crc: 1 }), "have the checksum 0x00000001, as the archive says");
    await refused(say({ size: array.length + 1, localSize: array.length + 1 }), /unpack to|have 12 bytes/);
    await refused(
      npz(packed.subarray(0, 9), { method: 8, size: array.length, localSize: array.length }),
      "be deflated data",
    );
    await refused(npz(pickle("\xff".repeat(80)), { method: 8, size: 80 }), "be deflated data");
    if (crc !== undefined) expect((await read(say({ crc }))).arrays.size).toBe(1);
  });

  test("more files than any model has are refused before one is looked at, as many as there may be are read", async () => {
    const archiveOf = (count: number) =>
      zipOf(Array.from({ length: count }, (_, i) => ({ name: `${i}.npy`, data: npy(GOOD, 12) })));
    expect((await read(archiveOf(300))).arrays.size).toBe(300);
    await refused(archiveOf(10_001), "bad must hold at most 10000 files, got 10001");
    // Archives of 64 bits say their count elsewhere.
    await refused(zipOf([], { count: 60_000 }), "bad must hold at most 10000 files, got 60000");
  });

  test("a bomb is seen before it goes off", async () => {
    // What says that it is larger than deflate can make it, and what is as large as that, many times over.
    const one = new Uint8Array(deflateRawSync(new Uint8Array(64 * MIB)));
    await refused(
      npz(one.subarray(0, 100), { method: 8, size: 2 ** 30, localSize: 2 ** 30 }),
      "unpack to at most 104232 bytes, which is all that 100 can hold",
    );
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `${i}.npy`, data: one, method: 8, size: 64 * MIB }));
    await refused(zipOf(many), "unpack to at most 4 times the archive, which weights do not do");
    await refused(npz(one, { method: 8, size: 1000 }), /begin as an array of NumPy does|unpack to 1000 bytes/);
  });
});
