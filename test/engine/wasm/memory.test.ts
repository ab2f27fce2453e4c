import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../../src/base/errors.js";
import { Allocator } from "../../../src/engine/wasm/memory.js";
import { webAssembly } from "../../../src/engine/wasm/webassembly.js";

const newAllocator = (maximum = 400) => new Allocator(new webAssembly!.Memory({ initial: 1, maximum }), 100);

describe("Allocator", () => {
  test("gives blocks that are aligned, inside memory, and overlap no other, whatever the order of frees", () => {
    const step = fc.oneof(
      fc.record({ alloc: fc.integer({ min: 0, max: 40_000 }) }),
      fc.record({ free: fc.nat({ max: 1000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const allocator = newAllocator();
        const live: { at: number; bytes: number }[] = [];
        for (const s of steps) {
          if ("alloc" in s) {
            const at = allocator.alloc(s.alloc);
            expect(at % 64).toBe(0);
            expect(at).toBeGreaterThanOrEqual(100);
            expect(at + s.alloc).toBeLessThanOrEqual(allocator.memory.buffer.byteLength);
            for (const other of live) {
              expect(at + s.alloc <= other.at || other.at + other.bytes <= at).toBe(true);
            }
            live.push({ at, bytes: Math.max(s.alloc, 1) });
          } else if (live.length > 0) {
            const [gone] = live.splice(s.free % live.length, 1);
            allocator.free(gone!.at);
          }
          expect(allocator.blocks).toBe(live.length);
        }
        for (const block of live) allocator.free(block.at);
        expect(allocator.bytes).toBe(0);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test("reserves no more when the same sizes come step after step", () => {
    const allocator = newAllocator();
    const sizes = [1000, 64, 100_000, 5, 1000, 33_000];
    const step = () => sizes.map((bytes) => allocator.alloc(bytes)).forEach((at) => void allocator.free(at));
    step();
    const { reserved } = allocator;
    for (let i = 0; i < 500; i++) step();
    expect(allocator.reserved).toBe(reserved);
  });

  test("does not join at every step where a step's largest block fits into what its small ones have left", () => {
    const allocator = newAllocator();
    allocator.alloc(70_000);
    while (allocator.reserved - allocator.bytes > 110_000) allocator.alloc(8000);
    const step = () => {
      const small = Array.from({ length: 60 }, (_, i) => allocator.alloc(1000 + 64 * (i % 7)));
      for (const at of small) allocator.free(at);
      allocator.free(allocator.alloc(90_000));
    };
    for (let i = 0; i < 200; i++) step();
    expect(allocator.joins).toBeLessThan(5);
  });

  test("joins, and else says that memory ends, where the last few pages are too few for a block", () => {
    const page = 65_536;
    // Almost all of 4 GiB, without asking the system for it.
    const memory = {
      buffer: { byteLength: 65_533 * page },
      grow(pages: number) {
        this.buffer.byteLength += pages * page;
      },
    };
    const allocator = new Allocator(memory as unknown as WebAssembly.Memory, 64);
    const most = 65_532 * page - 1000 * 64;
    const [a, b] = [allocator.alloc(most / 2), allocator.alloc(most / 2)];
    allocator.free(a);
    allocator.free(b);
    const small = Array.from({ length: 1000 }, () => allocator.alloc(64));
    // What was joined once is not joined again at once.
    const all = allocator.alloc(most);
    expect(all).toBeGreaterThan(0);
    for (const at of small) allocator.free(at);
    expect(() => allocator.alloc(40 * page)).toThrow(/alloc: memory must have room for the block/);
    expect(allocator.alloc(3 * page)).toBeGreaterThan(0);
    allocator.free(all);
    expect(allocator.alloc(40 * page)).toBeGreaterThan(0);
  });

  test("joins freed neighbours before it grows", () => {
    const allocator = newAllocator(4);
    const small = Array.from({ length: 200 }, () => allocator.alloc(1000));
    for (const at of small) allocator.free(at);
    expect(allocator.alloc(200_000)).toBeGreaterThan(0);
  });

  test("says what to do when memory ends", () => {
    expect(() => newAllocator(4).alloc(10_000_000)).toThrow(
      /^alloc: memory must have room for the block .*, got a request for 10000000 bytes with 0 bytes in use\. Compute what needs no gradient inside noGrad/,
    );
  });

  test("refuses to free what it did not give", () => {
    const allocator = newAllocator();
    const at = allocator.alloc(1000);
    for (const wrong of [at + 64, at + 1, Number.NaN, -64, undefined as never]) {
      expect(() => allocator.free(wrong)).toThrow(/^free: address must be the address of a block in use, got /);
    }
    allocator.free(at);
    expect(() => allocator.free(at)).toThrow(OptionError);
    expect([allocator.bytes, allocator.blocks]).toEqual([0, 0]);
    expect(allocator.alloc(1000)).toBe(at);
  });

  test("refuses a size that is no count before anything changes", () => {
    const allocator = newAllocator();
    const first = allocator.alloc(100);
    const before = [allocator.bytes, allocator.blocks, allocator.reserved];
    for (const wrong of [Number.NaN, -1, 1.5, Infinity, -Infinity, 2 ** 53, null, undefined, "64", {}, [64], 64n]) {
      expect(() => allocator.alloc(wrong as number)).toThrow(OptionError);
    }
    expect([allocator.bytes, allocator.blocks, allocator.reserved]).toEqual(before);
    expect(allocator.alloc(100)).toBe(first + 128);
  });
});
