import { describe, expect, test } from "vitest";
import { treeSum } from "../../../src/train/collective/collective.js";
import { begin, KINDS } from "../../support/tiny-tasks.js";

test("neighbours are summed first, and what is left over last", () => {
  // In float32, 2^24 + 1 is 2^24: the order shows.
  const big = 2 ** 24;
  const sum = (...values: number[]) => treeSum(values.map((value) => Float32Array.of(value, -value)))[0];
  expect(sum(big, 1, 1)).toBe(big);
  expect(sum(1, 1, big)).toBe(big + 2);
  expect(sum(big, 1, 1, 1)).toBe(big + 2);
  expect(sum(1, 1, 1, 1, big)).toBe(big + 4);
  expect(sum(3)).toBe(3);
});

describe.each(KINDS)("%s", (kind) => {
  const plain = { batch: 6, dropout: 0 };

  test.each([2, 3])("a step in %i parts has the loss and the gradient of the whole batch", (ranksLike) => {
    const whole = begin(kind, plain).trainer.trainStep();
    const parts = begin(kind, plain, undefined, { ranksLike }).trainer.trainStep();
    expect(parts.count).toBe(whole.count);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(parts.gradNorm / whole.gradNorm).toBeCloseTo(1, 4);
  });

  test("saved in the middle, it goes on in as many parts to the bit, and in others about", async () => {
    const config = { batch: 6 };
    const whole = begin(kind, config, undefined, { ranksLike: 2 });
    await whole.fit({ untilStep: 5 });
    const first = begin(kind, config, undefined, { ranksLike: 2 });
    await first.fit({ untilStep: 3 });
    const saved = first.encode();
    const second = begin(kind, config, saved, { ranksLike: 2 });
    await second.fit({ untilStep: 5 });
    expect(Buffer.compare(second.encode(), whole.encode())).toBe(0);
    // What streams carry is cut for three, and joined again.
    const others = begin(kind, config, saved, { ranksLike: 3 });
    expect(Buffer.compare(others.encode(), saved)).toBe(0);
    await others.fit({ untilStep: 5 });
  });
});

test("a batch that does not go into the parts is refused, with one that does", () => {
  expect(() => begin("classify", { batch: 7 }, undefined, { ranksLike: 3 })).toThrow(
    "train: batch must be a multiple of 3, as many parts as it is trained in, got 7. Use 9.",
  );
});
