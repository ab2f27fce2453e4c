import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as unrolled from "../../src/index.js";
import { patterns } from "../../tools/rigs/memory-patterns.mjs";
import { runPattern } from "../../tools/rigs/memory-run.mjs";

const { configure, memory, nn, noGrad, OutOfMemoryError, randn, tensor } = unrolled;

// A new engine begins with the first limits.
beforeEach(() => configure({ engine: "wasm", threads: 1 }));

describe("memory stays below three times the largest graph and 256 MiB", () => {
  test.each(patterns(unrolled))("$name", async (pattern) => {
    const start = process.memoryUsage().arrayBuffers;
    const footprint = () => memory().reserved + process.memoryUsage().arrayBuffers - start;
    const { peak, bound } = await runPattern(unrolled, pattern, footprint);
    expect(peak).toBeLessThan(bound);
  });

  test("evaluation in a worker", async () => {
    if (!existsSync("dist/index.js")) throw new Error("dist/index.js is missing: run `npm run build` first");
    const worker = new Worker("./tools/rigs/memory-one.mjs", { argv: ["evaluation in a synchronous loop"] });
    const { peak, bound } = await new Promise<{ peak: number; bound: number }>((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
    });
    expect(peak).toBeLessThan(bound);
  });
});

describe("a graph that the engine's limit moves to JavaScript memory", () => {
  const LINKS = 24;
  /** A chain of `size` floats a link, and the gradient of its sum. */
  function gradient(start: Float32Array): Float32Array {
    const x = tensor(start, { requiresGrad: true });
    let y: unrolled.Tensor = x;
    for (let i = 0; i < LINKS; i++) y = y.mul(x).tanh();
    y.sum().backward();
    return x.grad!.data() as Float32Array;
  }
  const zeroGrad = () => new nn.Linear(1, 1).zeroGrad();

  test("has the gradients of one that fits, to the bit; the next of its size stays", () => {
    const start = randn([500_000], { generator: new unrolled.Generator(9) }).data() as Float32Array;
    const before = memory().waiting;
    const large = gradient(start);
    expect(memory().waiting).toBeGreaterThan(before);
    zeroGrad();
    expect(gradient(start.slice(1000, 3000))).toEqual(large.subarray(1000, 3000));
    zeroGrad();
    const settled = memory().waiting;
    for (let i = 0; i < 3; i++) {
      expect(gradient(start)).toEqual(large);
      expect(memory().waiting).toBe(settled);
      zeroGrad();
    }
  });

  test("that many boundaries have passed is walked right, and memory() tells where it is", () => {
    const x = tensor([0.5, -2], { requiresGrad: true });
    const y = x.mul(tensor([3, 4])).exp();
    const { unwalked, waiting } = memory();
    expect(unwalked).toBeGreaterThan(0);
    for (let i = 0; i < 40; i++) noGrad(() => 0);
    expect(memory().unwalked).toBeLessThan(unwalked);
    expect(memory().waiting).toBeGreaterThan(waiting);
    y.sum().backward();
    expect(x.grad!.data()[0]).toBeCloseTo(3 * Math.exp(1.5), 4);
    expect(x.grad!.data()[1]).toBeCloseTo(4 * Math.exp(-8), 7);
    zeroGrad();
    expect(memory().waiting).toBe(waiting);
  });
});

describe("near the end of memory, an error names noGrad, and what is there stays right", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  /** Evaluates without `noGrad` for 400 MiB at most. */
  function evaluate(x: unrolled.Tensor): void {
    for (let i = 0; i < 200; i++) x.mul(i).tanh();
  }
  const inputs = () => randn([500_000]).detach();

  test("of the process", () => {
    const x = inputs();
    x.requiresGrad = true;
    const { arrayBuffers, ...others } = process.memoryUsage();
    vi.spyOn(process, "memoryUsage").mockReturnValue({ ...others, arrayBuffers: arrayBuffers + 2 ** 45 } as never);
    expect(() => evaluate(x)).toThrow(OutOfMemoryError);
    expect(() => evaluate(x)).toThrow(/^memory: values kept for backward\(\) must fit .* inside noGrad\(/);
    vi.restoreAllMocks();
    evaluate(x);
    const [first] = x.data();
    expect(x.narrow(0, 0, 1).mul(2).item()).toBe(2 * first!);
  });

  test("of arrays", () => {
    const x = inputs();
    x.requiresGrad = true;
    const before = x.mul(3);
    const construct = (array: Float32ArrayConstructor, args: [number]) => {
      if (args.length === 1 && args[0] > 100_000) throw new RangeError("Array buffer allocation failed");
      return Reflect.construct(array, args);
    };
    vi.stubGlobal("Float32Array", new Proxy(Float32Array, { construct }));
    expect(() => evaluate(x)).toThrow(OutOfMemoryError);
    vi.unstubAllGlobals();
    before.sum().backward();
    expect(x.grad!.data().every((value) => value === 3)).toBe(true);
  });
});
