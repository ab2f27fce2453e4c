import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BYTES_PER_ELEMENT, typedArray } from "../../../src/base/dtype.js";
import { DTypeError, OptionError, UnsupportedError } from "../../../src/base/errors.js";
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

    test.each(DTYPES)("%s: what is written is read, whole and in part, as the dtype's own array", async (dtype) => {
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

    test("a read is a copy: later writes do not reach it", () => {
      const buffer = engine.alloc("float32", 3);
      engine.write(buffer, [1, 2, 3]);
      const before = engine.readSync(buffer);
      engine.write(buffer, [4, 5, 6]);
      expect([...before]).toEqual([1, 2, 3]);
      before[0] = 99;
      expect([...engine.readSync(buffer)]).toEqual([4, 5, 6]);
      engine.free(buffer);
    });

    test("memory() counts blocks and their bytes up and down again", () => {
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

    test("blocks do not overlap, whatever was freed between", () => {
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

    test("an empty block is a block", () => {
      const buffer = engine.alloc("int32", 0);
      engine.write(buffer, []);
      expect(engine.readSync(buffer)).toEqual(new Int32Array(0));
      engine.free(buffer);
    });

    test("refuses what is no dtype and no count, and counts nothing for it", () => {
      const before = engine.memory();
      for (const dtype of ["int64", "float16", "half", "constructor", null, undefined, 4] as never[]) {
        for (const length of [0, 5]) expect(() => engine.alloc(dtype, length)).toThrow(DTypeError);
      }
      for (const length of [Number.NaN, -1, 1.5, Infinity, 2 ** 53, "5", null, undefined, [2], {}] as never[]) {
        for (const dtype of DTYPES) expect(() => engine.alloc(dtype, length)).toThrow(OptionError);
      }
      expect(() => engine.alloc("float64", 2 ** 45)).toThrow(UnsupportedError);
      expect(engine.memory()).toEqual(before);
    });

    test("frees a block once, and none of another engine", () => {
      const other = makeEngine();
      const [mine, foreign] = [engine.alloc("float32", 40), other.alloc("float32", 40)];
      other.write(foreign, new Array(40).fill(7));
      const before = engine.memory();
      expect(() => engine.free(foreign)).toThrow(OptionError);
      expect(engine.memory()).toEqual(before);
      engine.free(mine);
      engine.free(mine);
      const [a, b] = [engine.alloc("float32", 40), engine.alloc("float32", 40)];
      engine.write(a, new Array(40).fill(1));
      engine.write(b, new Array(40).fill(2));
      expect([...engine.readSync(a)]).toEqual(new Array(40).fill(1));
      expect([...other.readSync(foreign)]).toEqual(new Array(40).fill(7));
      for (const block of [a, b]) engine.free(block);
      other.free(foreign);
      close?.(other);
    });

    test("describes itself", () => {
      const { name: called, variant, threads } = engine.describe();
      expect(called).toBe(engine.name);
      expect(variant).not.toBe("");
      expect(threads).toBeGreaterThanOrEqual(1);
    });
  });
}
