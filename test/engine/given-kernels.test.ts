import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { kernelFile } from "../../src/engine/given-kernels.js";
import { configure, currentEngine, engineInfo, startThreads } from "../../src/engine/select.js";
import { kernelBytes } from "../../src/engine/wasm/loader.js";
import type { WasmEngine } from "../../src/engine/wasm/wasm-engine.js";
import { train } from "../browser/app/train.js";

const STEPS = 8;
const VARIANTS = ["relaxed", "simd"] as const;
const FILES = VARIANTS.flatMap((variant) => [false, true].map((shared) => ({ variant, shared })));
const nameOf = ({ variant, shared }: (typeof FILES)[number]) => `${variant}${shared ? "-threads" : ""}.wasm`;
const moduleOf = (bytes: Uint8Array<ArrayBuffer>) => new WebAssembly.Module(bytes);

/** What a model learns with these kernels, and on what. */
function learned(kernels: object | null, threads: number) {
  configure({ engine: "wasm", threads, kernels, wasm256: false });
  return { losses: train(STEPS), ...engineInfo() };
}

afterAll(() => configure({ engine: "wasm", threads: 1, kernels: null }));

describe("kernels that a program brings itself", () => {
  test("are named: the fastest that run here", () => {
    expect(kernelFile()).toBe("relaxed-threads.wasm");
    vi.stubGlobal("crossOriginIsolated", false);
    expect(kernelFile()).toBe("relaxed.wasm");
    vi.unstubAllGlobals();
  });

  test.each(FILES)("the package's file of $variant, shared $shared has the bytes of those inside it", (file) => {
    const bytes = new Uint8Array(readFileSync(`dist/kernels/${nameOf(file)}`));
    expect(bytes).toEqual(kernelBytes(file.variant, file.shared));
  });

  test.each([1, 2])("compute the bits of those inside the package, on %d threads", async (threads) => {
    const inside = learned(null, threads);
    for (const kernels of [kernelBytes("relaxed", true), moduleOf(kernelBytes("relaxed", true))]) {
      expect(learned(kernels, threads)).toEqual(inside);
      expect((currentEngine() as WasmEngine).core.loaded.shared).toBe(true);
    }
    expect(await startThreads()).toMatchObject({ variant: "relaxed-simd", threads });
  });

  test("are what is run: those without relaxed SIMD round twice", () => {
    const inside = learned(null, 1);
    const other = learned(kernelBytes("simd", false), 1);
    expect(other.variant).toBe("simd");
    expect(other.losses).not.toEqual(inside.losses);
    expect(other.losses[0]).toBeCloseTo(inside.losses[0]!, 4);
    expect(learned(kernelBytes("simd", true), 2).losses).toEqual(other.losses);
  });

  test("for one thread leave one thread, and engine() says why", () => {
    const bytes = kernelBytes("relaxed", false);
    // A view into other bytes, which may change afterwards.
    const around = new Uint8Array(bytes.length + 24);
    around.set(bytes, 8);
    configure({ engine: "wasm", threads: 2, kernels: around.subarray(8, 8 + bytes.length) });
    around.fill(0);
    const because = "the kernels that were given are for one thread";
    expect(engineInfo()).toMatchObject({ threads: 1, oneThreadBecause: because });
    expect(train(STEPS)).toEqual(learned(null, 1).losses);
  });

  const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const older = () => {
    const bytes = kernelBytes("relaxed", false);
    const at = Buffer.from(bytes).indexOf("unrolled");
    bytes[at + 12]! ^= 1;
    return bytes;
  };
  test.each([
    ["a name", "relaxed.wasm", '"relaxed.wasm"'],
    ["a number", 3, "3"],
    ["no bytes", new ArrayBuffer(0), "0 other bytes"],
    ["half of them", kernelBytes("relaxed", false).slice(0, 5000), "5000 other bytes"],
    ["another module", EMPTY, "kernels of others"],
    ["another module, compiled", moduleOf(EMPTY), "kernels of others"],
    ["what says that it is one", { [Symbol.toStringTag]: "WebAssembly.Module" }, ""],
    ["those of another version", older(), "kernels "],
  ])("%s is refused; what lies in unrolled/kernels is taken", (_, kernels, value) => {
    configure({ kernels: null });
    let error: unknown;
    try {
      configure({ kernels: kernels as object });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(OptionError);
    const { argument, fix, details, message } = error as OptionError;
    expect([argument, fix]).toEqual(["kernels", "It lies in unrolled/kernels."]);
    expect(message).toContain(
      `must be the file relaxed-threads.wasm of this version, compiled or as bytes, got ${value}`,
    );
    configure({ engine: "wasm", kernels: readFileSync(`dist/kernels/${details.nearest}`) });
    expect(engineInfo().variant).toBe("relaxed-simd");
  });

  test("for threads are refused where memory cannot be shared", () => {
    vi.stubGlobal("crossOriginIsolated", false);
    expect(() => configure({ kernels: kernelBytes("relaxed", true) })).toThrow("be the file relaxed.wasm of this");
    expect(() => configure({ kernels: kernelBytes("relaxed", false) })).not.toThrow();
    vi.unstubAllGlobals();
  });
});
