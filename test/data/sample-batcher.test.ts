import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SampleBatch, SampleBatcher, type SampleBatcherOptions } from "../../src/data/index.js";

const epochOf = (batcher: SampleBatcher): SampleBatch[] => [...batcher];
const rowsOf = (batches: readonly SampleBatch[]): number[] => batches.flatMap(({ rows }) => [...rows]);
const sizes = fc.record({ count: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 13 }) });

describe("an epoch", () => {
  test("has every sample once, in another order each time, the same for the same seed", () => {
    fc.assert(
      fc.property(sizes, fc.nat(99), fc.boolean(), ({ count, batchSize }, seed, byLength) => {
        const lengths = byLength ? Array.from({ length: count }, (_, i) => (i * 7) % 11) : undefined;
        const options: SampleBatcherOptions = { batchSize, seed, lengths };
        const [a, b] = [new SampleBatcher(count, options), new SampleBatcher(count, options)];
        const [first, second] = [epochOf(a), epochOf(a)];
        expect(first).toHaveLength(Math.ceil(count / batchSize));
        const all = Array.from({ length: count }, (_, i) => i);
        expect(rowsOf(first).sort((x, y) => x - y)).toEqual(all);
        expect(rowsOf(second).sort((x, y) => x - y)).toEqual(all);
        expect([epochOf(b), epochOf(b)]).toEqual([first, second]);
        if (count > 12) expect(rowsOf(second)).not.toEqual(rowsOf(first));
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test("goes in order without shuffling, and leaves a rest out when told", () => {
    expect(rowsOf(epochOf(new SampleBatcher(5, { batchSize: 2, shuffle: false })))).toEqual([0, 1, 2, 3, 4]);
    const dropped = new SampleBatcher(5, { batchSize: 2, shuffle: false, dropLast: true });
    expect(rowsOf(epochOf(dropped))).toEqual([0, 1, 2, 3]);
  });

  test("batches by length have samples of similar lengths", () => {
    const lengths = Array.from({ length: 400 }, (_, i) => 1 + ((i * 37) % 100));
    const spread = (batches: SampleBatch[]): number =>
      batches.reduce((sum, { rows }) => {
        const own = [...rows].map((row) => lengths[row]!);
        return sum + Math.max(...own) - Math.min(...own);
      }, 0) / batches.length;
    const plain = spread(epochOf(new SampleBatcher(400, { batchSize: 8, seed: 2 })));
    const bucketed = spread(epochOf(new SampleBatcher(400, { batchSize: 8, seed: 2, lengths })));
    expect(bucketed).toBeLessThan(0.1 * plain);
  });
});

test("goes on from any position", () => {
  fc.assert(
    fc.property(sizes, fc.nat(30), ({ count, batchSize }, taken) => {
      const whole = new SampleBatcher(count, { batchSize, seed: 5 });
      for (let i = 0; i < taken; i++) whole.next();
      const resumed = new SampleBatcher(count, { batchSize, seed: 5 });
      resumed.position = JSON.parse(JSON.stringify(whole.position));
      for (let i = 0; i < 5; i++) expect(resumed.next()).toEqual(whole.next());
    }),
    { numRuns: 40, seed: 2 },
  );
});

test("the processes of a shard together take what one with their batches' sum takes", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 4 }), ({ count, batchSize }, size) => {
      fc.pre(count >= size);
      const one = epochOf(new SampleBatcher(count, { batchSize: batchSize * size, seed: 7 }));
      const ranks = Array.from({ length: size }, (_, rank) =>
        epochOf(new SampleBatcher(count, { batchSize, seed: 7, shard: { rank, size } })),
      );
      for (const [step, { rows }] of one.entries()) {
        const parts = ranks.map((batches) => batches[step]);
        // A rest that does not reach every process is left out.
        if (rows.length < size) expect(parts.every((part) => part === undefined)).toBe(true);
        else {
          expect(parts.flatMap((part) => [...part!.rows])).toEqual([...rows]);
          expect(parts.every((part) => part!.rows.length > 0)).toBe(true);
        }
      }
    }),
    { numRuns: 60, seed: 3 },
  );
});

test.each<[string, () => unknown]>([
  ["count must be at least 1 for one batch, got 0. Give it samples.", () => new SampleBatcher(0, { batchSize: 2 })],
  ["count must be at least 4 for one batch, got 3.", () => new SampleBatcher(3, { batchSize: 4, dropLast: true })],
  ["batchSize must be a positive integer, got 0.", () => new SampleBatcher(3, { batchSize: 0 })],
  [
    "shard.rank must be less than shard.size (2), got 2.",
    () => new SampleBatcher(9, { batchSize: 1, shard: { rank: 2, size: 2 } }),
  ],
  [
    "lengths must hold a length for each of 3 samples, got 1.",
    () => new SampleBatcher(3, { batchSize: 1, lengths: [4] }),
  ],
  [
    "step must be an integer in [0, 2] (batches in an epoch), got 3.",
    () => {
      new SampleBatcher(3, { batchSize: 1 }).position = { epoch: 0, step: 3 };
    },
  ],
])("%s", (message, call) => {
  expect(call).toThrow(message);
});
