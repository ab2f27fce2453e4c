import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/index.js";
import { MODEL } from "../../../src/interchange/formats/onnx/schema.js";
import { encodeMessage } from "../../../src/interchange/formats/protobuf/encode-message.js";
import { filesBeside, readOnnx } from "../../../src/interchange/index.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { fileOf, floats } from "./onnxruntime.js";

/** A message as it is written, right or wrong. */
function file(graph: object, rest: object = {}): Uint8Array {
  return encodeMessage(MODEL, { irVersion: 8, opsetImport: [{ version: 17 }], graph, ...rest });
}

const value = (name: string) => ({ name, type: { tensorType: { elemType: 1 } } });
const relu = (input: string, output: string, name?: string) => ({
  opType: "Relu",
  input: [input],
  output: [output],
  name,
});
const array = (rest: object) => ({ initializer: [{ name: "w", dims: [2], dataType: 1, ...rest }] });
const four = new Uint8Array(4);

/** A varint by hand. */
function varint(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(Math.floor(number / 128))];
}

/** A field that holds bytes. */
const field = (number: number, ...inside: number[]): number[] => [
  ...varint(number * 8 + 2),
  ...varint(inside.length),
  ...inside,
];

/** A graph in an attribute of a node of a graph, and so on. */
function nested(levels: number): Uint8Array {
  let bytes: number[] = [];
  for (let i = 0; i < levels; i++) bytes = field(1, ...field(5, ...field(6, ...bytes)));
  return Uint8Array.from(field(7, ...bytes));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  return expect.fail("nothing was thrown");
}

const BAD: Record<string, [bytes: Uint8Array, message: string | RegExp]> = {
  "an empty file": [new Uint8Array(), "readOnnx: m.onnx must hold a model, got an empty file."],
  "a text": [new TextEncoder().encode("<html><body>not found</body></html>"), /m\.onnx must /],
  "a number without end": [
    Uint8Array.from([8, ...new Array<number>(40).fill(0x80)]),
    "irVersion of m.onnx must hold numbers of at most 10 bytes, got a longer one at byte 1.",
  ],
  "a number cut off": [
    Uint8Array.from([8, 0x80, 0x80]),
    /irVersion of m\.onnx must have 3 more bytes, got 2 more at byte 1\. The file is cut off/,
  ],
  "a length beyond the end": [
    Uint8Array.from([58, 200, 1, 10]),
    /graph of m\.onnx must have 200 more bytes, got 1 more at byte 3/,
  ],
  "another type": [
    Uint8Array.from([56, 1]),
    "graph of m.onnx must be written with type 2, got type 0 at byte 1. The file is damaged.",
  ],
  "a field of number 0": [Uint8Array.from([2, 0]), /fields with a number from 1/],
  "a group": [Uint8Array.from([0x7b, 0x7c]), /got a field of type 3, a group/],
  "a name that is no text": [
    Uint8Array.from(field(7, ...field(2, 0xff, 0xfe))),
    "graph.name of m.onnx must be UTF-8, got other bytes",
  ],
  "graphs in graphs": [nested(50), /must be nested at most 100 levels deep, got more/],
  "no graph": [encodeMessage(MODEL, { irVersion: 8 }), "m.onnx must hold a graph, got none"],
  "no opset": [encodeMessage(MODEL, { graph: {} }), "must say which version of the operators it uses"],
  "parts without number": [
    Uint8Array.from(field(7, ...new Array<number[]>(200_000).fill([10, 0]).flat())),
    /graph\.node\[\d+\] of m\.onnx must be made of fewer parts/,
  ],
  "a circle": [
    file({ node: [relu("c", "a", "one"), relu("a", "b", "two"), relu("b", "c", "three")] }),
    'graph of m.onnx must have no circle of nodes, got "one" -> "three" -> "two" -> "one".',
  ],
  "a node that reads itself": [file({ node: [relu("a", "a", "one")] }), 'got "one" -> "one"'],
  "a name that nobody makes": [
    file({ node: [relu("q", "a", "one")] }),
    'input "q" of node "one" of m.onnx must be an input, an initializer or made by a node, got a name that nobody makes.',
  ],
  "an output that nobody makes": [file({ output: [value("y")] }), 'output "y" of m.onnx must be made by a node'],
  "two nodes that make one name": [
    file({ input: [value("x")], node: [relu("x", "a", "one"), relu("x", "a", "two")] }),
    'output "a" of node "two" of m.onnx must have a name of its own, got the name of what node "one" makes.',
  ],
  "a node that makes an input": [
    file({ input: [value("x")], node: [relu("x", "x", "one")] }),
    "what an input or an initializer makes",
  ],
  "two inputs of one name": [
    file({ input: [value("x"), value("x")] }),
    'input "x" of m.onnx must have a name of its own',
  ],
  "two initializers of one name": [
    file({ initializer: [0, 1].map(() => ({ name: "w", dims: [1], dataType: 1, rawData: four })) }),
    'initializer "w" of m.onnx must have a name of its own',
  ],
  "a property twice": [
    file({}, { metadataProps: [{ key: "a" }, { key: "a" }] }),
    'each metadata property once, got a second "a"',
  ],
  "an attribute twice": [
    file({
      input: [value("x")],
      node: [
        {
          ...relu("x", "y", "n"),
          attribute: [
            { name: "a", type: 2 },
            { name: "a", type: 2 },
          ],
        },
      ],
    }),
    'attribute "a" of node "n" of m.onnx must be given once',
  ],
  "an attribute without its value": [
    file({ input: [value("x")], node: [{ ...relu("x", "y", "n"), attribute: [{ name: "a", type: 4 }] }] }),
    'attribute "a" of node "n" of m.onnx must have a value of its type, got none.',
  ],
  "a node without operator": [file({ node: [{ output: ["y"] }] }), "graph.node[0] of m.onnx must name its operator"],
  "a short array": [
    file(array({ rawData: four })),
    'initializer "w" of m.onnx must have 8 bytes (shape [2] of float), got 4.',
  ],
  "an array of nothing": [file(array({})), "must have 2 elements (shape [2] of float), got 0."],
  "typed data too long": [
    file(array({ dataType: 7, int64Data: [Uint8Array.from([1, 2, 3])] })),
    "must have 2 elements (shape [2] of int64), got 3.",
  ],
  "typed data cut off": [
    file(array({ dataType: 7, int64Data: [Uint8Array.from([1, 130])] })),
    "must end with a whole number, got a part of one.",
  ],
  "a size below 0": [
    file(array({ dims: [-2], rawData: four })),
    "must have sizes that are no negative numbers, got [-2].",
  ],
  "sizes that overflow": [
    file(array({ dims: [2 ** 40, 2 ** 40, 0], rawData: new Uint8Array() })),
    "must have fewer than 2^53 bytes",
  ],
  "65 dimensions": [
    file(array({ dims: new Array<number>(65).fill(1), rawData: four })),
    "at most 64 dimensions, got 65",
  ],
  "a type of 4 bits": [file(array({ dataType: 22, rawData: four })), "must hold float, uint8, int8"],
  "a type that there is none of": [file(array({ dataType: 99, rawData: four })), "got type 99"],
  "a part of an array": [file(array({ segment: {}, rawData: four })), "must be whole, got a segment of a larger one"],
  "an array without name": [
    file({ initializer: [{ dims: [1], dataType: 1, rawData: four }] }),
    "graph.initializer[0] of m.onnx must have a name",
  ],
  "data elsewhere": [
    file(array({ dataLocation: 1, externalData: [{ key: "location", value: "w.bin" }] })),
    'must be in the file itself, got data in another file, "w.bin". Pass { external: filesBeside(path) } to read it from the model\'s own folder.',
  ],
};

describe("a damaged file", () => {
  test.each(Object.entries(BAD))("%s is told", (_, [bytes, message]) => {
    const found = messageOf(() => readOnnx(bytes, { source: "m.onnx" }));
    if (typeof message === "string") expect(found).toContain(message);
    else expect(found).toMatch(message);
  });

  test("has a message for each: no two share one", () => {
    const all = Object.values(BAD).map(([bytes]) => messageOf(() => readOnnx(bytes)));
    expect(new Set(all).size).toBe(all.length);
  });

  test("is refused wherever it is cut off", () => {
    const whole = fileOf({
      inputs: { x: floats(1, [3]) },
      initializers: { w: floats(2, [3]) },
      nodes: [{ op: "Add", inputs: ["x", "w"], outputs: ["y"] }],
      outputs: ["y"],
    });
    for (let length = 0; length < whole.length; length++) messageOf(() => readOnnx(whole.subarray(0, length)));
    readOnnx(whole);
  });

  test.each([0, 1, 2, 3])("bytes of a Buffer may begin anywhere: %i", (offset) => {
    const whole = fileOf({ inputs: {}, initializers: { w: floats(2, [3]) }, nodes: [], outputs: [] });
    const inBuffer = Buffer.alloc(whole.length + offset)
      .fill(whole, offset)
      .subarray(offset);
    expect([...readOnnx(inBuffer).initializers.get("w")!.data]).toEqual([...(floats(2, [3]).data as number[])]);
  });

  test("nodes in another order are put into theirs", () => {
    const shuffled = file({
      input: [value("x")],
      output: [value("c")],
      node: [relu("b", "c", "three"), relu("a", "b", "two"), relu("x", "a", "one")],
    });
    expect(readOnnx(shuffled).nodes.map(({ name }) => name)).toEqual(["one", "two", "three"]);
  });
});

describe("external data", () => {
  const folder = temporaryFolder();
  const model = (location: string, rest: object[] = []) =>
    file(array({ dataLocation: 1, externalData: [{ key: "location", value: location }, ...rest] }));
  const read =
    (location: string, rest: object[] = []) =>
    () =>
      readOnnx(model(location, rest), { source: "m.onnx", external: filesBeside(folder.at("models", "m.onnx")) });

  test("is read from a file beside it, when asked", () => {
    mkdirSync(folder.at("models", "sub"), { recursive: true });
    writeFileSync(folder.at("models", "sub", "w.bin"), Buffer.from(Float32Array.of(9, 1.5, -2, 8).buffer));
    const { initializers } = read("sub/w.bin", [
      { key: "offset", value: "4" },
      { key: "length", value: "8" },
    ])();
    expect([...initializers.get("w")!.data]).toEqual([1.5, -2]);
  });

  test.each([
    ["../secret.bin", "outside"],
    ["a/../../secret.bin", "outside"],
    ["/etc/passwd", "outside"],
    ["C:\\secret.bin", "outside"],
    ["..\\secret.bin", "outside"],
    ["file:///etc/passwd", "outside"],
    ["", "outside"],
    ["a\0b", "outside"],
    ["linked.bin", "a link"],
    ["folder/w.bin", "a link"],
    ["named-twice.bin", "a file with 2 names"],
    ["real", "what is no file"],
  ])("is not read from %j: %s", (location, why) => {
    mkdirSync(folder.at("models", "real"), { recursive: true });
    writeFileSync(folder.at("secret.bin"), new Uint8Array(8));
    writeFileSync(folder.at("models", "real", "w.bin"), new Uint8Array(8));
    symlinkSync(folder.at("secret.bin"), folder.at("models", "linked.bin"));
    symlinkSync(folder.at("models", "real"), folder.at("models", "folder"));
    linkSync(folder.at("secret.bin"), folder.at("models", "named-twice.bin"));
    const message = messageOf(read(location));
    expect(message).toContain("must be the path of a file inside the model's folder");
    if (why !== "outside") expect(message).toContain(`got ${why}`);
  });

  test("is read once its file is where the error says", () => {
    mkdirSync(folder.at("models"), { recursive: true });
    expect(messageOf(read("../w.bin"))).toContain("Put the file there, and name it alone.");
    writeFileSync(folder.at("models", "w.bin"), new Uint8Array(8));
    expect(read("w.bin")().initializers.get("w")!.shape).toEqual([2]);
  });

  test("is asked for by a function", () => {
    const given = () => readOnnx(model("w.bin"), { external: folder.at("models") as never });
    expect(given).toThrow(/external must be a function, got .* Pass filesBeside\(path\)\./);
  });

  test("says what a file lacks", () => {
    mkdirSync(folder.at("models"), { recursive: true });
    writeFileSync(folder.at("models", "w.bin"), new Uint8Array(8));
    expect(
      messageOf(
        read("w.bin", [
          { key: "offset", value: "4" },
          { key: "length", value: "8" },
        ]),
      ),
    ).toContain('"w.bin" must have 8 bytes from byte 4 on, got 8 bytes in all.');
    expect(messageOf(read("w.bin", [{ key: "offset", value: "-1" }]))).toContain('must be a number of bytes, got "-1"');
    expect(read("none.bin")).toThrow(/none\.bin/);
  });
});
