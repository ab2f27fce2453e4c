import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BYTES_PER_ELEMENT, typedArray } from "../../../src/base/dtype.js";
import type { Engine } from "../../../src/engine/engine.js";
import type { ConformanceOptions } from "./harness.js";

const DTYPES = ["float32", "float64", "int32"] as const;

/** alloc, free, write, read, readSync, memory, describe. */
export function storageConformance(
  name: string,
  makeEngine: () => Engine,
  { close }: Pick<ConformanceOptions, "close"> = {},
): void {
  describe(`${name}: storage`, () => {
    let engine: Engine;
    beforeAll(() => {
      engine = makeEngine();
    });
    afterAll(() => {
      close?.(engine);
    });

    it.each(DTYPES)("%s: what is written is read, whole and in part, as the dtype's own array", async (dtype) => {
      const buffer = engine.alloc(dtype, 9);
      expect([buffer.dtype, buffer.length]).toEqual([dtype, 9]);
      engine.write(buffer, [1, -2, 3, -4, 5, -6, 7, -8, 9]);
      engine.write(buffer, Float32Array.of(30, 40), 2);
      const whole = typedArray(dtype, 9);
      whole.set([1, -2, 30, 40, 5, -6, 7, -8, 9]);
      expect(engine.readSync(buffer)).toEqual(whole);
      expect(await engine.read(buffer)).toEqual(whole);
      expect(engine.readSync(buffer, 3, 4)).toEqual(whole.slice(3, 7));
      expect(await engine.read(buffer, 7)).toEqual(whole.slice(7));
      engine.free(buffer);
    });

    it("a read is a copy: later writes do not reach it", () => {
      const buffer = engine.alloc("float32", 3);
      engine.write(buffer, [1, 2, 3]);
      const before = engine.readSync(buffer);
      engine.write(buffer, [4, 5, 6]);
      expect([...before]).toEqual([1, 2, 3]);
      before[0] = 99;
      expect([...engine.readSync(buffer)]).toEqual([4, 5, 6]);
      engine.free(buffer);
    });

    it("memory() counts blocks and their bytes up and down again", () => {
      const start = engine.memory();
      const made = DTYPES.map((dtype, i) => engine.alloc(dtype, 1000 + i));
      const wanted = DTYPES.reduce((sum, dtype, i) => sum + (1000 + i) * BYTES_PER_ELEMENT[dtype], 0);
      const during = engine.memory();
      expect(during.buffers - start.buffers).toBe(3);
      expect(during.bytes - start.bytes).toBeGreaterThanOrEqual(wanted);
      expect(during.reserved).toBeGreaterThanOrEqual(during.bytes);
      for (const buffer of made) engine.free(buffer);
      const { bytes, buffers } = engine.memory();
      expect({ bytes, buffers }).toEqual({ bytes: start.bytes, buffers: start.buffers });
    });

    it("blocks do not overlap, whatever was freed between", () => {
      const blocks = Array.from({ length: 40 }, (_, i) => engine.alloc("float32", 1 + ((i * 37) % 50)));
      blocks.forEach((block, i) => {
        if (i % 3 === 0) engine.free(block);
      });
      const kept = blocks.filter((_, i) => i % 3 !== 0);
      kept.push(...Array.from({ length: 20 }, (_, i) => engine.alloc("float64", 1 + ((i * 23) % 30))));
      kept.forEach((block, i) => {
        engine.write(block, new Array<number>(block.length).fill(i));
      });
      kept.forEach((block, i) => {
        expect([...engine.readSync(block)]).toEqual(new Array(block.length).fill(i));
        engine.free(block);
      });
    });

    it("an empty block is a block", () => {
      const buffer = engine.alloc("int32", 0);
      engine.write(buffer, []);
      expect(engine.readSync(buffer)).toEqual(new Int32Array(0));
      engine.free(buffer);
    });

    it("describes itself", () => {
      const { name: called, variant, threads } = engine.describe();
      expect(called).toBe(engine.name);
      expect(variant).not.toBe("");
      expect(threads).toBeGreaterThanOrEqual(1);
    });
  });
}
