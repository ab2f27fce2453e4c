import { describe, expect, test } from "vitest";
import { philoxBlock } from "../../src/base/philox.js";

const MASK = 0xffffffffn;

/** Philox4x32-10 with whole integers, from the paper's description, with all four counter words. */
function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [c0, c1, c2, c3].map(Number);
}

function block(key0: number, key1: number, counter0: number, counter1: number): number[] {
  const out = new Uint32Array(4);
  philoxBlock(key0, key1, counter0, counter1, out);
  return [...out];
}

describe("Philox4x32-10", () => {
  test("gives Random123's known answer for counter 0 and key 0", () => {
    expect(block(0, 0, 0, 0)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  // Random123's other vectors need the two counter words that we keep at 0, so they check the big-integer twin.
  test("its big-integer twin gives Random123's known answers for full counters", () => {
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  test("agrees with that twin on extreme and mixed keys and counters", () => {
    const words = [0, 1, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff];
    for (const key0 of words) {
      for (const key1 of words) {
        for (const counter0 of words) {
          for (const counter1 of words) {
            expect(block(key0, key1, counter0, counter1)).toEqual(philox([counter0, counter1, 0, 0], [key0, key1]));
          }
        }
      }
    }
  });

  test("writes its four words at a place of an array and no others", () => {
    const out = new Uint32Array(8).fill(9);
    philoxBlock(1, 2, 3, 4, out, 2);
    expect([...out]).toEqual([9, 9, ...block(1, 2, 3, 4), 9, 9]);
  });
});
