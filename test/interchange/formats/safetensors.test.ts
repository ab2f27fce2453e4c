import fc from "fast-check";
import { expect, test } from "vitest";
import { DTypeError, FormatError, ShapeError } from "../../../src/base/errors.js";
import { decodeSafetensors } from "../../../src/interchange/formats/safetensors/decode.js";
import { encodeSafetensors, type TensorEntry } from "../../../src/interchange/formats/safetensors/encode.js";

const utf8 = new TextEncoder();

/** A file by the letter of the specification: header length, header, data. */
function file(header: string | Uint8Array, data: ArrayLike<number> = [], length?: number | bigint): Uint8Array {
  const head = typeof header === "string" ? utf8.encode(header) : header;
  const bytes = new Uint8Array(8 + head.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? head.length), true);
  bytes.set(head, 8);
  bytes.set(Array.from(data), 8 + head.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

const one = (dtype: string, count: number, data: number[]) =>
  decodeSafetensors(file(`{"a":${entry(dtype, [count], [0, data.length])}}`, data)).tensors.get("a")!;

// Written out by hand from the format's description.
const GOLDEN_HEADER =
  '{"__metadata__":{"epoch":"3","note":"한 \\"b\\""},' +
  '"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
  '"10":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},' +
  '"9":{"dtype":"F32","shape":[0,3],"data_offsets":[16,16]},' +
  '"__proto__":{"dtype":"I32","shape":[2],"data_offsets":[16,24]}}';
const GOLDEN_DATA = [
  ...[0, 0, 0, 0, 0, 0, 0xf8, 0x3f], // 1.5
  ...[0, 0, 0, 0xc0, 0, 0, 0x80, 0x3e], // -2, 0.25
  ...[1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff], // 1, -2
];

function goldenFile(): Uint8Array {
  const head = utf8.encode(GOLDEN_HEADER);
  const padded = new Uint8Array(Math.ceil(head.length / 8) * 8).fill(0x20);
  padded.set(head);
  return file(padded, GOLDEN_DATA);
}

const goldenEntries = new Map<string, TensorEntry>([
  ["__proto__", { dtype: "int32", shape: [2], data: Int32Array.of(1, -2) }],
  ["9", { dtype: "float32", shape: [0, 3], data: new Float32Array(0) }],
  ["10", { dtype: "float32", shape: [1, 2], data: Float32Array.of(-2, 0.25) }],
  ["d", { dtype: "float64", shape: [], data: Float64Array.of(1.5) }],
]);

test("encodes the golden file byte for byte, whatever the order of entries and metadata", () => {
  const metadata = { note: '한 "b"', epoch: "3" };
  expect(encodeSafetensors(goldenEntries, metadata)).toEqual(goldenFile());
  const reversed = new Map([...goldenEntries].reverse());
  expect(encodeSafetensors(reversed, { epoch: "3", note: '한 "b"' })).toEqual(goldenFile());
});

test("decodes the golden file, also from a misaligned place in memory", () => {
  const golden = goldenFile();
  for (const shift of [0, 1, 4]) {
    const memory = new Uint8Array(golden.length + shift);
    memory.set(golden, shift);
    const { metadata, tensors } = decodeSafetensors(memory.subarray(shift));
    expect(metadata).toEqual({ epoch: "3", note: '한 "b"' });
    expect([...tensors.keys()]).toEqual(["d", "10", "9", "__proto__"]);
    for (const [name, expected] of goldenEntries) expect(tensors.get(name)).toMatchObject(expected);
  }
});

test("names are ordered by code point and data starts at a multiple of 8", () => {
  const f = (x: number): TensorEntry => ({ dtype: "float32", shape: [1], data: Float32Array.of(x) });
  const bytes = encodeSafetensors({ "\u{1f600}": f(1), "\uffee": f(2), ab: f(3), a: f(4) });
  expect([...decodeSafetensors(bytes).tensors.keys()]).toEqual(["a", "ab", "\uffee", "\u{1f600}"]);
  expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
});

test("empty file of no tensors round-trips", () => {
  expect(decodeSafetensors(encodeSafetensors({}))).toEqual({ metadata: {}, tensors: new Map() });
});

test("an empty tensor may stand where another one begins, whatever the order in the header", () => {
  const header = `{"full":${entry("U8", [2], [0, 2])},"empty":${entry("F32", [0, 5], [0, 0])}}`;
  const { tensors } = decodeSafetensors(file(header, [7, 8]));
  expect([...tensors.keys()]).toEqual(["empty", "full"]);
  expect(tensors.get("full")!.data).toEqual(Int32Array.of(7, 8));
});

test("reads PyTorch's other dtypes: half and bfloat16 floats, 8- to 64-bit integers, booleans", () => {
  const half = one("F16", 7, [0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c, 0, 0xfc, 0xff, 0x7b, 0, 0x80]);
  expect(half).toMatchObject({ dtype: "float32", stored: "F16", shape: [7] });
  expect(half.data).toEqual(Float32Array.of(1, -2, 2 ** -24, Infinity, -Infinity, 65504, -0));
  expect(one("F16", 1, [1, 0x7e]).data[0]).toBeNaN();
  expect(one("BF16", 2, [0x80, 0x3f, 0x49, 0xc0]).data).toEqual(Float32Array.of(1, -3.140625));
  expect(one("U8", 2, [0, 255]).data).toEqual(Int32Array.of(0, 255));
  expect(one("I8", 2, [0x80, 255]).data).toEqual(Int32Array.of(-128, -1));
  expect(one("I16", 1, [0, 0x80]).data).toEqual(Int32Array.of(-32768));
  expect(one("U16", 1, [0, 0x80]).data).toEqual(Int32Array.of(32768));
  expect(one("U32", 1, [0, 0, 0, 0x80]).data).toEqual(Float64Array.of(2 ** 31));
  expect(one("I64", 1, [0xfe, 255, 255, 255, 255, 255, 255, 255]).data).toEqual(Float64Array.of(-2));
  expect(one("U64", 1, [1, 0, 0, 0, 0, 0, 0x10, 0]).data).toEqual(Float64Array.of(2 ** 52 + 1));
  expect(one("BOOL", 2, [1, 0]).data).toEqual(Int32Array.of(1, 0));
});

const whole = '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
const list = (count: number, item: (i: number) => string) => Array.from({ length: count }, (_, i) => item(i)).join();
const many = (count: number) => `{${list(count, (i) => `"${i}":${entry("U8", [0], [0, 0])}`)}}`;
const pair = (b: string) => `{"a":${entry("U8", [2], [0, 2])},"b":${b}}`;

test.each<[string, Uint8Array, string]>([
  ["shorter than 8 bytes", new Uint8Array(7), "must be at least 8 bytes long (the length of its header), got 7 bytes"],
  ["header longer than the file", file("{}", [], 9), "at most as long as the 2 bytes that follow, got 9"],
  ["header over 100 MB", file("{}", [], 100_000_001), "at most 100000000 bytes long, got 100000001"],
  ["header of 2^64 - 1", file("{}", [], 2n ** 64n - 1n), "got 18446744073709551615"],
  ["empty header", file(""), 'must start with "{", got an empty header'],
  ["not an object", file("[1]"), 'must start with "{", got byte 0x5b'],
  [
    "invalid UTF-8",
    file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)),
    "must be valid UTF-8, got other bytes in the string at byte 1",
  ],
  ["invalid JSON", file('{"a" 1}'), 'must be valid JSON, got "1}" at byte 5 where ":" belongs'],
  ["JSON that ends early", file('{"a":'), "an object with dtype, shape and data_offsets, got its end"],
  ["open string", file('{"a\\"'), "a string without end at byte 1"],
  ["wrong escape", file('{"\\x":1}'), "a wrong escape in the string at byte 1"],
  ["text after the header", file("{}x"), 'must end after the first value, got "x" at byte 2'],
  ["deep nesting", file(`{"a":${"[".repeat(9999)}`), "be an object with dtype, shape and data_offsets, got a list"],
  ["duplicate tensor", file(`{"a":${entry("U8", [0], [0, 0])},"\\u0061":1}`), 'without duplicate keys, got "a"'],
  ["duplicate field", file('{"a":{"dtype":"U8","dtype":"U8"}}'), 'got "dtype" a second time at byte 19'],
  ["metadata no object", file('{"__metadata__":[]}'), "__metadata__ of m.st must be an object of strings, got a list"],
  ["metadata no strings", file('{"__metadata__":{"k":1}}'), 'must be an object of strings, got 1 for "k"'],
  [
    "tensor no object",
    file('{"a":1}'),
    'tensor "a" of m.st must be an object with dtype, shape and data_offsets, got 1',
  ],
  ["extra field", file('{"a":{"x":1}}'), 'must have only dtype, shape and data_offsets, got "x"'],
  ["dtype missing", file('{"a":{}}'), "must have a dtype, got nothing"],
  ["dtype unknown", file(`{"a":${entry("F8_E4M3", [1], [0, 1])}}`, [0]), 'BOOL, got "F8_E4M3"'],
  ["dtype of the prototype", file(`{"a":${entry("toString", [1], [0, 1])}}`, [0]), 'BOOL, got "toString"'],
  ["shape missing", file('{"a":{"dtype":"U8"}}'), "must have a shape, got nothing"],
  ["shape negative", file(`{"a":${entry("U8", [-1], [0, 1])}}`), "non-negative integers, got -1"],
  ["shape fractional", file(`{"a":${entry("U8", [1.5], [0, 1])}}`), "non-negative integers, got 1.5"],
  ["offsets missing", file('{"a":{"dtype":"U8","shape":[1]}}'), "must have data_offsets, got nothing"],
  ["offsets of three", file(`{"a":${entry("U8", [1], [0, 1, 2])}}`), "of non-negative integers, at most 2, got more"],
  ["offsets of one", file(`{"a":${entry("U8", [1], [0])}}`), "of non-negative integers, got [0]"],
  ["offsets in text", file(`{"a":${entry("U8", [1], "0,1")}}`), "[begin, end] of non-negative integers, got a string"],
  ["shape in an object", file(`{"a":${entry("U8", { length: 1 }, [0, 1])}}`), "integers, got an object"],
  ["shape with a leading zero", file('{"a":{"dtype":"U8","shape":[01]}}'), "non-negative integers, got 01"],
  ["shape with an exponent", file('{"a":{"dtype":"U8","shape":[1e3]}}'), "non-negative integers, got 1e3"],
  ["shape with a lone comma", file('{"a":{"dtype":"U8","shape":[1,]}}'), 'non-negative integers, got "]"'],
  ["size of 2^53", file('{"a":{"dtype":"U8","shape":[9007199254740992]}}'), "below 2^53, got 9007199254740992"],
  [
    "size of 40 digits",
    file(`{"a":{"dtype":"U8","shape":[${"9".repeat(40)}]}}`),
    "below 2^53, got 999999999999999999999999",
  ],
  ["65 dimensions", file(`{"a":${entry("U8", new Array(65).fill(1), [0, 1])}}`, [0]), "integers, at most 64, got more"],
  [
    "a fourth field",
    file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":0}}'),
    'only dtype, shape and data_offsets, got "x"',
  ],
  ["control character in a name", file('{"a\nb":1}'), "a control character in the string at byte 1"],
  ["half a surrogate pair", file('{"\\ud800":1}'), "a wrong escape in the string at byte 1"],
  ["surrogates the wrong way round", file('{"\\udc00\\ud800":1}'), "a wrong escape in the string at byte 1"],
  ["escape of three digits", file('{"\\u12":1}'), "a wrong escape in the string at byte 1"],
  ["overlong UTF-8 in a name", file(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)), "must be valid UTF-8"],
  ["a byte order mark", file("\ufeff{}"), 'must start with "{", got byte 0xef'],
  [
    "metadata twice",
    file('{"__metadata__":{},"__metadata__":{}}'),
    'without duplicate keys, got "__metadata__" a second',
  ],
  ["a metadata key twice", file('{"__metadata__":{"__proto__":"1","__proto__":"2"}}'), 'got "__proto__" a second time'],
  ["metadata in a list", file('{"__metadata__":{"k":["v"]}}'), 'must be an object of strings, got a list for "k"'],
  ["metadata of null", file('{"__metadata__":null}'), "must be an object of strings, got null"],
  ["too many tensors", file(many(20_001)), "header of m.st must name at most 20000 tensors, got more"],
  [
    "too much metadata",
    file(`{"__metadata__":{${list(10_001, (i) => `"${i}":""`)}}}`),
    "__metadata__ of m.st must hold at most 10000 strings, got more",
  ],
  ["offsets reversed", file(`{"a":${entry("U8", [1], [1, 0])}}`, [0]), "with begin <= end, got [1, 0]"],
  [
    "length against shape",
    file(`{"a":${entry("F32", [2, 3], [0, 8])}}`),
    "must have 24 bytes (shape [2, 3] of F32), got 8",
  ],
  [
    "shape beyond 2^53",
    file(`{"a":${entry("U8", [2 ** 52, 4, 0], [0, 0])}}`),
    "must have fewer than 2^53 bytes, got shape [4503599627370496, 4, 0]",
  ],
  ["overlap", file(pair(entry("U8", [2], [1, 3])), [0, 0, 0]), 'tensor "b" of m.st must not overlap tensor "a"'],
  ["hole", file(pair(entry("U8", [1], [3, 4])), [0, 0, 0, 0]), "must start at byte 2, where the data before it ends"],
  ["hole at the start", file(`{"a":${entry("U8", [1], [1, 2])}}`, [0, 0]), "must start at byte 0"],
  ["truncated data", file(whole, [0]), "must lie within the 1 bytes of data, got data_offsets [0, 2]"],
  ["trailing bytes", file(whole, [0, 0, 0]), "data of m.st must end at byte 2, with its last tensor, got 1 more bytes"],
  ["boolean 2", file(`{"a":${entry("BOOL", [2], [0, 2])}}`, [1, 2]), "must hold only 0 and 1, got 2 at element 1"],
  ["int64 2^53", file(`{"a":${entry("I64", [1], [0, 8])}}`, [0, 0, 0, 0, 0, 0, 0x20, 0]), "at most 2^53 - 1 in size"],
])("refuses a file with: %s", (_, bytes, message) => {
  const decode = () => decodeSafetensors(bytes, "m.st");
  expect(decode).toThrow(FormatError);
  expect(decode).toThrow(message);
});

test("every escape of JSON is read as JSON.parse reads it, and white space is as good as none", () => {
  const name = 'q\\" b\\\\ s\\/ \\b\\f\\n\\r\\t \\u0041 \\u00e9 \\u20AC \\ud83d\\ude00 \\u0000 é€😀';
  const header = ` {\t"${name}" :\r\n{ "shape" : [ ] , "data_offsets":[0 , 1 ],"dtype": "U8"} } \n`.trimStart();
  const { tensors } = decodeSafetensors(file(header, [7]));
  expect([...tensors.keys()]).toEqual([JSON.parse(`"${name}"`)]);
  expect([...tensors.values()]).toMatchObject([{ shape: [], stored: "U8", data: Int32Array.of(7) }]);
});

test("as much as the limits allow is read, and no more is written", () => {
  expect(decodeSafetensors(file(many(20_000))).tensors.size).toBe(20_000);
  const empty: TensorEntry = { dtype: "float32", shape: new Array(64).fill(1), data: new Float32Array(1) };
  expect(decodeSafetensors(encodeSafetensors({ empty })).tensors.get("empty")).toMatchObject(empty);
  expect(() => encodeSafetensors({ empty: { ...empty, shape: new Array(65).fill(1) } })).toThrow(
    "at most 64 dimensions",
  );
  const pairs = Array.from({ length: 10_001 }, (_, i): [string, string] => [`${i}`, ""]);
  expect(() => encodeSafetensors({}, Object.fromEntries(pairs))).toThrow("metadata must be at most 10000, got 10001");
  const tensors = new Map(Array.from({ length: 20_001 }, (_, i) => [`${i}`, empty]));
  expect(() => encodeSafetensors(tensors)).toThrow("tensors must be at most 20000, got 20001");
});

test("metadata of 4 MB full of escapes round-trips", () => {
  const text = '\\"\n한'.repeat(1_000_000);
  const { text: read } = decodeSafetensors(encodeSafetensors({}, { text })).metadata;
  expect(read === text).toBe(true);
});

test("refuses to encode data that does not fit its dtype or shape, and names that would not come back", () => {
  const data = Float32Array.of(1, 2);
  const encode = (part: object) => () => encodeSafetensors({ w: { dtype: "float32", shape: [2], data, ...part } });
  expect(encode({ dtype: "float64" })).toThrow(DTypeError);
  expect(encode({ dtype: "constructor" })).toThrow(DTypeError);
  expect(encode({ shape: [3] })).toThrow(ShapeError);
  expect(encode({ shape: [-1, -2] })).toThrow(ShapeError);
  expect(() => encodeSafetensors({ "\ud800": { dtype: "float32", shape: [2], data } })).toThrow(FormatError);
  expect(() => encodeSafetensors({ __metadata__: { dtype: "float32", shape: [2], data } })).toThrow(FormatError);
  expect(() => encodeSafetensors({}, { k: "\udc00" })).toThrow(FormatError);
});

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
const entries = shapes.chain((shape): fc.Arbitrary<TensorEntry> => {
  const length = shape.reduce((a, b) => a * b, 1);
  const size = { minLength: length, maxLength: length };
  return fc.oneof(
    fc.float32Array(size).map((data) => ({ dtype: "float32" as const, shape, data })),
    fc.float64Array(size).map((data) => ({ dtype: "float64" as const, shape, data })),
    fc.int32Array(size).map((data) => ({ dtype: "int32" as const, shape, data })),
  );
});
const names = fc.string({ unit: "binary", maxLength: 6 });
const files = fc.tuple(
  fc.array(fc.tuple(names, entries), { maxLength: 5 }).map((list) => new Map(list)),
  fc.dictionary(names, names, { maxKeys: 3 }),
);

test("property: what was encoded is decoded, bit for bit, and encodes to the same bytes", () => {
  fc.assert(
    fc.property(files, ([tensors, metadata]) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const decoded = decodeSafetensors(bytes);
      expect(Object.entries(decoded.metadata).sort()).toEqual(Object.entries(metadata).sort());
      expect(decoded.tensors.size).toBe(tensors.size);
      for (const [name, expected] of tensors) expect(decoded.tensors.get(name)).toMatchObject(expected);
      expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes);
    }),
    { seed: 7, numRuns: 100 },
  );
});

test("property: damaged files give FormatError or a file, never anything else", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(files, damage, fc.nat({ max: 12 }), ([tensors, metadata], changes, cut) => {
      const bytes = encodeSafetensors(tensors, metadata);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      expectFormatErrorAtMost(bytes.subarray(0, bytes.length - cut));
    }),
    { seed: 8, numRuns: 400 },
  );
});

test("property: random bytes and random JSON headers give FormatError or a file, never anything else", () => {
  const header = fc.dictionary(
    fc.constantFrom("a", "b", "__metadata__"),
    fc.record(
      {
        dtype: fc.constantFrom("F32", "I64", "BOOL", "X", 1),
        shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(fc.nat({ max: 24 }), fc.nat({ max: 24 })), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(header, fc.uint8Array({ maxLength: 30 })).map(([head, data]) => file(JSON.stringify(head), data)),
    fc.tuple(fc.string(), fc.uint8Array()).map(([head, data]) => file(`{${head}`, data)),
  );
  fc.assert(fc.property(bytes, expectFormatErrorAtMost), { seed: 9, numRuns: 600 });
});

function expectFormatErrorAtMost(bytes: Uint8Array): void {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}

test.each([0, 1, 2, 3])("bytes of a Buffer may begin anywhere: %i", (offset) => {
  const data = Float32Array.of(1.5, -2);
  const whole = encodeSafetensors({ a: { dtype: "float32", shape: [2], data } });
  const inBuffer = Buffer.alloc(whole.length + offset)
    .fill(whole, offset)
    .subarray(offset);
  expect([...decodeSafetensors(inBuffer).tensors.get("a")!.data]).toEqual([...data]);
});
