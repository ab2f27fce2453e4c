import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.js";
import { trainValidationSplit } from "../../src/data/split.js";
import { type StreamBatch, StreamBatcher } from "../../src/data/stream-batcher.js";

const range = (length: number) => Int32Array.from({ length }, (_, i) => i);

test("cuts 20 ids into 3 streams of 6 and reads windows of 2, sequence first", () => {
  // As x[:18].view(3, 6).t()[i:i+2] and x[1:19].view(3, 6).t()[i:i+2] in PyTorch.
  const batcher = new StreamBatcher(range(20), { batchSize: 3, seqLen: 2 });
  expect([batcher.streamLength, batcher.steps]).toEqual([6, 3]);
  const batches = [...batcher];
  expect(batches.map(({ inputs }) => [...inputs])).toEqual([
    [0, 6, 12, 1, 7, 13],
    [2, 8, 14, 3, 9, 15],
    [4, 10, 16, 5, 11, 17],
  ]);
  expect(batches.map(({ targets }) => [...targets])).toEqual([
    [1, 7, 13, 2, 8, 14],
    [3, 9, 15, 4, 10, 16],
    [5, 11, 17, 6, 12, 18],
  ]);
  expect(batches.map(({ epoch, step, seqLen, batchSize }) => [epoch, step, seqLen, batchSize])).toEqual([
    [0, 0, 2, 3],
    [0, 1, 2, 3],
    [0, 2, 2, 3],
  ]);
});

test("dropLast: true leaves the ragged end out, false keeps it", () => {
  const options = { batchSize: 2, seqLen: 4 };
  const lengths = (dropLast: boolean) =>
    [...new StreamBatcher(range(21), { ...options, dropLast })].map(({ seqLen }) => seqLen);
  expect(lengths(true)).toEqual([4, 4]);
  expect(lengths(false)).toEqual([4, 4, 2]);
});

const sizes = fc.record({ batchSize: fc.integer({ min: 1, max: 5 }), seqLen: fc.integer({ min: 1, max: 7 }) });

test("property: an epoch reads each stream from its start on, targets one ahead, all of it without dropLast", () => {
  fc.assert(
    fc.property(sizes, fc.nat({ max: 120 }), fc.boolean(), (size, extra, dropLast) => {
      const options = { ...size, dropLast };
      const { batchSize } = size;
      const ids = range(StreamBatcher.minimumLength(options) + extra).map((id) => id * 7);
      const batcher = new StreamBatcher(ids, options);
      const inputs: number[][] = Array.from({ length: batchSize }, () => []);
      const targets: number[][] = Array.from({ length: batchSize }, () => []);
      const batches = [...batcher];
      expect(batches.length).toBe(batcher.steps);
      for (const batch of batches) {
        batch.inputs.forEach((id, i) => {
          inputs[i % batchSize]!.push(id);
          targets[i % batchSize]!.push(batch.targets[i]!);
        });
      }
      const m = Math.floor((ids.length - 1) / batchSize);
      const read = dropLast ? m - (m % size.seqLen) : m;
      for (let n = 0; n < batchSize; n++) {
        expect(inputs[n]).toEqual([...ids.subarray(n * m, n * m + read)]);
        expect(targets[n]).toEqual([...ids.subarray(n * m + 1, n * m + read + 1)]);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("property: with keepAll every token is a target in every epoch, at most N - 1 of them twice, streams in order", () => {
  fc.assert(
    fc.property(sizes, fc.nat({ max: 120 }), (size, extra) => {
      const options = { ...size, keepAll: true };
      const { batchSize, seqLen } = size;
      const ids = range(StreamBatcher.minimumLength(options) + extra);
      const batcher = new StreamBatcher(ids, options);
      const times = new Array<number>(ids.length).fill(0);
      const last = new Array<number>(batchSize).fill(-1);
      for (const { inputs, targets, seqLen: length, step } of batcher) {
        expect(length === seqLen || step === batcher.steps - 1).toBe(true);
        targets.forEach((id, i) => {
          const n = i % batchSize;
          expect(inputs[i]).toBe(id - 1);
          if (last[n] !== -1) expect(inputs[i]).toBe(last[n]);
          last[n] = id;
          times[id]!++;
        });
      }
      expect(times[0]).toBe(0);
      expect(Math.min(...times.slice(1))).toBe(1);
      expect(times.reduce((sum, n) => sum + n, 0) - (ids.length - 1)).toBeLessThan(batchSize);
      expect(batcher.leftOut).toBe(0);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test("leftOut counts the tokens that no batch has as its target", () => {
  const leftOut = (length: number, options: object) =>
    new StreamBatcher(range(length), { batchSize: 50, seqLen: 50, ...options }).leftOut;
  expect(leftOut(4951, {})).toBe(2450);
  expect(leftOut(4971, { dropLast: false })).toBe(20);
  expect(leftOut(4971, { keepAll: true })).toBe(0);
});

test("reading goes on from a saved position, inside an epoch and over its end", () => {
  const options = { batchSize: 3, seqLen: 4, keepAll: true };
  const ids = range(100).map((id) => (id * 31) % 17);
  const whole = new StreamBatcher(ids, options);
  const all: StreamBatch[] = [...whole, ...whole];
  expect(whole.position).toEqual({ epoch: 2, step: 0 });
  for (let cut = 0; cut < all.length; cut++) {
    const first = new StreamBatcher(ids, options);
    for (let i = 0; i < cut; i++) first.next();
    const second = new StreamBatcher(ids, options);
    second.position = JSON.parse(JSON.stringify(first.position));
    const rest: StreamBatch[] = [];
    while (second.position.epoch < 2) rest.push(...second);
    expect(rest).toEqual(all.slice(cut));
  }
});

test("the position inside a loop is that of the next batch, so that a loop may stop and a new one go on", () => {
  const batcher = new StreamBatcher(range(13), { batchSize: 2, seqLen: 2 });
  for (const { step } of batcher) {
    expect(batcher.position).toEqual(step === 2 ? { epoch: 1, step: 0 } : { epoch: 0, step: step + 1 });
    if (step === 1) break;
  }
  expect([...batcher].map(({ epoch, step }) => [epoch, step])).toEqual([[0, 2]]);
  expect([...batcher].map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
});

test("a text that is too short gets the minimum, which then is enough", () => {
  expect(() => new StreamBatcher(range(40), { batchSize: 8, seqLen: 5 })).toThrow(FormatError);
  expect(() => new StreamBatcher(range(40), { batchSize: 8, seqLen: 5 })).toThrow(
    "StreamBatcher: ids must have at least 41 tokens (batchSize 8, seqLen 5), got 40. Use a longer text, or a smaller batchSize or seqLen.",
  );
  expect(new StreamBatcher(range(41), { batchSize: 8, seqLen: 5 }).steps).toBe(1);
  expect(() => new StreamBatcher(range(8), { batchSize: 8, seqLen: 5, dropLast: false })).toThrow("at least 9 tokens");
  expect(new StreamBatcher(range(9), { batchSize: 8, seqLen: 5, dropLast: false }).steps).toBe(1);
});

test("refuses wrong options and positions", () => {
  const make = (part: object) => () => new StreamBatcher(range(50), { batchSize: 2, seqLen: 3, ...part });
  expect(make({ batchSize: 0 })).toThrow(OptionError);
  expect(make({ seqLen: 1.5 })).toThrow("seqLen must be a positive integer, got 1.5");
  expect(make({ shuffle: true })).toThrow('got "shuffle"');
  const batcher = make({})();
  const move = (epoch: number, step: number) => () => {
    batcher.position = { epoch, step };
  };
  expect(move(0, batcher.steps)).toThrow("step must be an integer in [0, 7] (batches in an epoch), got 8");
  expect(move(-1, 0)).toThrow(OptionError);
  expect(move(0, Number.NaN)).toThrow(OptionError);
  expect(batcher.position).toEqual({ epoch: 0, step: 0 });
});

test("trainValidationSplit cuts as int(len * 0.95) does, in views", () => {
  const ids = range(1115394);
  const { train, validation } = trainValidationSplit(ids, 0.05);
  expect([train.length, validation.length]).toEqual([1059624, 55770]);
  expect([train.at(-1), validation[0]]).toEqual([1059623, 1059624]);
  expect(train.buffer).toBe(ids.buffer);
  expect(trainValidationSplit(ids, 0).validation.length).toBe(0);
  for (const fraction of [-0.1, 1, Number.NaN]) expect(() => trainValidationSplit(ids, fraction)).toThrow(OptionError);
});

describe("random lengths", () => {
  const options = { batchSize: 3, seqLen: 70, randomLengths: 4 };
  const lengths = (batcher: StreamBatcher): number[] => [...batcher].map(({ seqLen }) => seqLen);

  test("read all of each stream in as many batches, other ones in each epoch, by the seed", () => {
    const batcher = new StreamBatcher(range(60_001), options);
    const [first, second] = [lengths(batcher), lengths(batcher)];
    expect(first).toHaveLength(batcher.steps);
    expect(batcher.steps).toBe(Math.ceil(20_000 / 70));
    for (const epoch of [first, second]) expect(epoch.reduce((sum, length) => sum + length, 0)).toBe(20_000);
    expect(second).not.toEqual(first);
    expect(lengths(new StreamBatcher(range(60_001), options))).toEqual(first);
    expect(lengths(new StreamBatcher(range(60_001), { ...options, randomLengths: 5 }))).not.toEqual(first);
    // 95 in 100 are about 70 with a deviation of 5, the others about 35 (a little more, since they are made to fill the streams).
    const short = first.filter((length) => length < 53);
    expect(short.length / first.length).toBeGreaterThan(0.02);
    expect(short.length / first.length).toBeLessThan(0.09);
    expect(Math.max(...first)).toBeLessThan(90);
  });

  test("each batch goes on where the one before ended, and its targets are one further", () => {
    const batcher = new StreamBatcher(range(601), options);
    let next = 0;
    for (const { inputs, targets, shape } of batcher) {
      expect(inputs[0]).toBe(next);
      expect(targets[0]).toBe(next + 1);
      next += shape[0];
    }
    expect(next).toBe(200);
  });

  test("a position says which batches come", () => {
    const batcher = new StreamBatcher(range(901), options);
    for (let i = 0; i < batcher.steps + 2; i++) batcher.next();
    const { position } = batcher;
    const rest = lengths(batcher);
    const other = new StreamBatcher(range(901), options);
    other.position = position;
    expect(lengths(other)).toEqual(rest);
  });

  test("streams of a few tokens have batches of a token at least", () => {
    for (const [ids, seqLen] of [
      [4, 1],
      [22, 1],
      [22, 2],
      [10, 70],
    ] as const) {
      const batcher = new StreamBatcher(range(ids), { ...options, seqLen });
      const all = lengths(batcher);
      expect(Math.min(...all), `${ids} of ${seqLen}`).toBeGreaterThan(0);
      expect(all.reduce((sum, length) => sum + length, 0)).toBe(batcher.streamLength);
    }
    expect(() => new StreamBatcher(range(9), { ...options, randomLengths: -1 })).toThrow("randomLengths");
  });
});
