import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import relaxed from "../../../src/engine/wasm/generated/relaxed.js";
import { endOfInstruction, leb, opcodeAt } from "../../../src/engine/wasm/instructions.js";
import { hasRelaxedSimd } from "../../../src/engine/wasm/loader.js";
import { decodeText, forUnsharedMemory } from "../../../src/engine/wasm/module-bytes.js";
import { withoutRelaxed } from "../../../src/engine/wasm/without-relaxed.js";

type Bytes = Uint8Array<ArrayBuffer>;

// It also turns them on where they are behind a flag.
beforeAll(() => expect(hasRelaxedSimd()).toBe(true));

/** The opcodes of all functions of a module; throws where one is not known or a function does not end with its last instruction. */
function opcodes(bytes: Bytes): Set<number> {
  const found = new Set<number>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]!;
    const [size, body] = leb(bytes, at + 1);
    at = body + size;
    if (id !== 10) continue;
    let [count, next] = leb(bytes, body);
    for (; count > 0; count--) {
      const [length, begin] = leb(bytes, next);
      next = begin + length;
      let [groups, place] = leb(bytes, begin);
      for (; groups > 0; groups--) place = leb(bytes, place)[1] + 1;
      while (place < next) {
        found.add(opcodeAt(bytes, place));
        place = endOfInstruction(bytes, place);
      }
      expect(place).toBe(next);
    }
  }
  return found;
}

const RELAXED = (opcode: number) => opcode >= 0xfd100 && opcode < 0xfe000;

describe("the kernels without relaxed SIMD", () => {
  const kernels = decodeText(relaxed);
  const plain = withoutRelaxed(kernels);

  test("have none of its instructions, of which those that travel have three", () => {
    const [before, after] = [opcodes(kernels), opcodes(plain)];
    expect([...before].filter(RELAXED).sort()).toEqual([0xfd105, 0xfd106, 0xfd107]);
    expect([...after].filter(RELAXED)).toEqual([]);
    expect([...before].filter((opcode) => !RELAXED(opcode) && !after.has(opcode))).toEqual([]);
  });

  test.each([
    ["shared", plain],
    ["unshared", forUnsharedMemory(plain)],
  ])("are valid where the runtime has none, for %s memory", (_, bytes) => {
    const script = `process.stdout.write(String(WebAssembly.validate(require("node:fs").readFileSync(0))))`;
    const flags = process.versions.v8.startsWith("11.") ? ["--no-experimental-wasm-relaxed-simd"] : [];
    const valid = (input: Uint8Array) =>
      String(execFileSync(process.execPath, [...flags, "-e", script], { input, env: {} }));
    expect(valid(bytes)).toBe("true");
    // Elsewhere they are no longer behind a flag.
    if (flags.length > 0) expect(valid(kernels)).toBe("false");
  });
});

const section = (id: number, ...body: number[]) => [id, body.length, ...body];
const load = (place: number) => [0x20, 0, 0xfd, 0, 4, place];
const STORE = [0xfd, 11, 4];

/** A module whose `run(ptr)` reads a, b and c, and writes a·b + c and c - a·b in float32 and a·b + c in float64; with so many locals more. */
function multiplyAdds(locals: number): Bytes {
  const operands = [...load(0), ...load(16), ...load(32)];
  const stored = (opcode: number, place: number) => [0x20, 0, ...operands, 0xfd, opcode, 2, ...STORE, place];
  const body = [
    ...(locals > 0 ? [1, ...(locals < 128 ? [locals] : [(locals & 0x7f) | 0x80, locals >> 7]), 0x7f] : [0]),
    ...[...stored(0x85, 48), ...stored(0x86, 64), ...stored(0x87, 80), 0x0b],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0),
    ...section(2, 1, 1, 0x65, 1, 0x6d, 2, 0, 1),
    ...section(3, 2, 0, 1),
    ...section(7, 1, 3, 0x72, 0x75, 0x6e, 0, 1),
    // A function that stays as it is, and the one that does not.
    ...section(10, 2, 4, 0, 0x41, 7, 0x0b, body.length, ...body),
  ]);
}

interface WebAssemblyTypes {
  validate(bytes: Bytes): boolean;
  Module: new (bytes: Bytes) => object;
  Memory: new (options: object) => { buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { exports: { run(ptr: number): void } };
}
const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyTypes }).WebAssembly;

function run(bytes: Bytes, inputs: Float32Array | Float64Array): ArrayBuffer {
  const memory = new wasm.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(new Uint8Array(inputs.buffer));
  new wasm.Instance(new wasm.Module(bytes), { e: { m: memory } }).exports.run(0);
  return memory.buffer;
}

describe.each([0, 3, 126, 127, 300])("multiply-adds in a function of %i locals", (locals) => {
  const plain = withoutRelaxed(multiplyAdds(locals));

  // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24, whose last bit float32 drops; a fused product keeps it. The last lanes tell c from a and b.
  const e = 1 + 2 ** -12;
  test("round the product and the sum of float32", () => {
    const values = [e, e, 3, -0.1, e, e, 5, 0.7, -1 - 2 ** -11, 1 + 2 ** -11, 0.3, 11].map(Math.fround);
    const found = new Float32Array(run(plain, Float32Array.from(values)));
    const lanes = [0, 1, 2, 3];
    const product = (lane: number) => Math.fround(values[lane]! * values[lane + 4]!);
    expect([...found.subarray(12, 16)]).toEqual(lanes.map((i) => Math.fround(product(i) + values[i + 8]!)));
    expect([...found.subarray(16, 20)]).toEqual(lanes.map((i) => Math.fround(values[i + 8]! - product(i))));
    expect([found[12], found[17]]).toEqual([0, 0]);
  });

  test("round the product and the sum of float64", () => {
    const f = 1 + 2 ** -27;
    const found = new Float64Array(run(plain, Float64Array.from([f, 0.3, f, 7, -1 - 2 ** -26, 0.1])));
    expect([...found.subarray(10, 12)]).toEqual([0, 0.3 * 7 + 0.1]);
  });
});

test("a damaged byte of a function throws, or gives a module as valid as it was", () => {
  const bytes = multiplyAdds(3);
  // From the last function's size on, or a little before.
  const begin = bytes.length - 90;
  let refused = 0;
  for (let at = begin; at < bytes.length; at++) {
    for (let value = 0; value < 256; value++) {
      const damaged = bytes.slice();
      damaged[at] = value;
      let plain: Bytes;
      try {
        plain = withoutRelaxed(damaged);
      } catch (error) {
        expect(String(error)).toMatch(/^Error: (instructions|without-relaxed): /);
        refused++;
        continue;
      }
      expect(wasm.validate(plain), `byte ${at} is ${value}`).toBe(wasm.validate(damaged));
    }
  }
  expect(refused).toBeGreaterThan(4000);
});

test("a module that ends too early throws", () => {
  const bytes = multiplyAdds(3);
  for (let length = 8; length < bytes.length; length++) {
    expect(() => withoutRelaxed(bytes.slice(0, length))).toThrow(/^(instructions|without-relaxed): /);
  }
});
