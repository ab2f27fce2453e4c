import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { Generator } from "../../src/base/random.js";
import { kFold, split } from "../../src/data/index.js";

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
const sorted = (...lists: ArrayLike<number>[]) => lists.flatMap((list) => Array.from(list)).sort((a, b) => a - b);
const countOf = (rows: ArrayLike<number>, labels: readonly unknown[], label: unknown) =>
  Array.from(rows).filter((row) => labels[row] === label).length;

describe("split.random", () => {
  test("parts rows, the same for the same seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 90 }), fc.nat(50), (n, seed) => {
        const parts = split.random(n, { valid: 0.2, test: 3, seed });
        expect(sorted(parts.train, parts.valid, parts.test)).toEqual(numbers(n));
        expect([parts.valid.length, parts.test.length]).toEqual([Math.round(n * 0.2), 3]);
        expect(split.random(n, { valid: 0.2, test: 3, generator: new Generator(seed) })).toEqual(parts);
      }),
      { numRuns: 40, seed: 1 },
    );
    expect(split.random(40, { valid: 0.5, seed: 1 })).not.toEqual(split.random(40, { valid: 0.5, seed: 2 }));
  });

  test("an array's items", () => {
    const { train, valid, test } = split.random(["a", "b", "c", "d"], { valid: 1 });
    expect([train.length, valid.length, test.length]).toEqual([3, 1, 0]);
    expect([...train, ...valid].sort()).toEqual(["a", "b", "c", "d"]);
  });
});

test("split.stratified gives each class its share of each part", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 3, max: 30 }), { minLength: 2, maxLength: 5 }),
      fc.nat(20),
      (sizes, seed) => {
        const labels = sizes.flatMap((size, c) => new Array<string>(size).fill(`c${c}`));
        const { train, valid, test } = split.stratified(labels, { valid: 0.2, test: 0.1, seed });
        expect(sorted(train, valid, test)).toEqual(numbers(labels.length));
        for (const [c, size] of sizes.entries()) {
          for (const [part, share] of [
            [train, 0.7],
            [valid, 0.2],
            [test, 0.1],
          ] as const) {
            const found = countOf(part, labels, `c${c}`);
            expect(found).toBeGreaterThan(0);
            expect(Math.abs(found - share * size)).toBeLessThanOrEqual(2);
          }
        }
      },
    ),
    { numRuns: 60, seed: 2 },
  );
});

test("split.byGroup keeps groups whole, and parts near their size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 30 }), fc.nat(20), (count, seed) => {
      const groups = numbers(count).flatMap((group) => new Array<string>(1 + ((group * 7) % 5)).fill(`g${group}`));
      const parts = split.byGroup(groups, { valid: 0.25, test: 0.25, seed });
      expect(sorted(parts.train, parts.valid, parts.test)).toEqual(numbers(groups.length));
      const [a, b, c] = [parts.train, parts.valid, parts.test].map(
        (rows) => new Set(Array.from(rows, (row) => groups[row])),
      );
      expect(a!.size + b!.size + c!.size).toBe(count);
      for (const rows of Object.values(parts)) expect(rows.length).toBeGreaterThan(0);
      if (count > 12) expect(Math.abs(parts.test.length - groups.length / 4)).toBeLessThanOrEqual(3);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test("split.byGroup takes groups of any size", () => {
  const groups = Int32Array.from({ length: 1_400_000 }, (_, row) => row % 2);
  const { train, valid } = split.byGroup(groups, { valid: 0.5 });
  expect([train.length, valid.length]).toEqual([700_000, 700_000]);
});

describe("split.byTime", () => {
  test("the past trains; rows of one time stay together", () => {
    const times = [5, 1, 3, 3, 2, 4, 3, 6];
    expect(split.byTime(times, { valid: 2, test: 1 })).toEqual({
      train: Int32Array.of(1, 4, 2, 3, 6),
      valid: Int32Array.of(5, 0),
      test: Int32Array.of(7),
    });
    // The cut would fall between rows of time 3.
    expect(split.byTime(times, { test: 4 }).test).toEqual(Int32Array.of(5, 0, 7));
  });

  test("dates and dates as text", () => {
    const days = ["2024-03-01", "2024-01-01", "2024-02-01"];
    const expected = { train: Int32Array.of(1, 2), valid: new Int32Array(0), test: Int32Array.of(0) };
    expect(split.byTime(days, { test: 1 })).toEqual(expected);
    expect(
      split.byTime(
        days.map((day) => new Date(day)),
        { test: 1 / 3 },
      ),
    ).toEqual(expected);
  });
});

describe("kFold", () => {
  test("as scikit-learn's documentation shows", () => {
    expect(kFold(4, 2)).toEqual([
      { train: Int32Array.of(2, 3), valid: Int32Array.of(0, 1) },
      { train: Int32Array.of(0, 1), valid: Int32Array.of(2, 3) },
    ]);
    expect(kFold(7, 3).map(({ valid }) => [...valid])).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test("each row validates once, whatever the folds are made by", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 60 }),
        fc.integer({ min: 2, max: 5 }),
        fc.nat(9),
        fc.constantFrom("rows", "classes", "groups"),
        (n, k, seed, by) => {
          const labels = numbers(n).map((i) => `c${(i * i) % 3}`);
          const groups = numbers(n).map((i) => i % 6);
          const how = by === "classes" ? { stratify: labels } : by === "groups" ? { groups } : {};
          const options = { shuffle: true, seed, ...how };
          const folds = kFold(n, k, options);
          expect(sorted(...folds.map(({ valid }) => valid))).toEqual(numbers(n));
          for (const { train, valid } of folds) {
            expect(sorted(train, valid)).toEqual(numbers(n));
            if (by !== "groups") expect(Math.abs(valid.length - n / k)).toBeLessThan(1);
            if (by === "classes") {
              for (const label of new Set(labels)) {
                const all = labels.filter((own) => own === label).length;
                expect(Math.abs(countOf(valid, labels, label) - all / k)).toBeLessThan(1);
              }
            }
            if (by === "groups")
              for (const row of valid) for (const other of train) expect(groups[row]).not.toBe(groups[other]);
          }
          expect(kFold(n, k, options)).toEqual(folds);
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });
});

test.each<[string, () => unknown]>([
  ["kFold: n must be at least the number of folds (5), got 3. Use 3 folds at most.", () => kFold(3, 5)],
  ["kFold: k must be an integer from 2 on, got 1.", () => kFold(3, 1)],
  [
    'kFold: class "b" must have 2 rows or more, one for each part, got 1.',
    () => kFold(4, 2, { stratify: ["a", "a", "a", "b"] }),
  ],
  ["kFold: groups must be at least the number of folds (3), got 2.", () => kFold(4, 3, { groups: [0, 0, 1, 1] })],
  ["kFold: stratify must hold a value for each of 4 rows, got 1.", () => kFold(4, 2, { stratify: [0] })],
  [
    "kFold: groups must be left out where classes are stratified",
    () => kFold(2, 2, { groups: [0, 1], stratify: [0, 0] }),
  ],
  [
    "split.stratified: class 7 must have 2 rows or more, one for each part, got 1. Leave the class out",
    () => split.stratified([1, 1, 1, 7], { valid: 0.5 }),
  ],
  [
    "split.stratified: class 7 must have 3 rows or more",
    () => split.stratified([1, 1, 1, 7, 7], { valid: 1, test: 1 }),
  ],
  [
    "split.byGroup: groups must be 2 or more, one for each part, got 1.",
    () => split.byGroup([1, 1, 1], { valid: 0.3 }),
  ],
  [
    'split.byTime: time of row 1 must be a number, a Date or a date as text, got "soon".',
    () => split.byTime(["2024-01-01", "soon"], { test: 1 }),
  ],
  [
    "split.byTime: times must have a time of its own for test, got rows of one time.",
    () => split.byTime([1, 2, 2, 2], { test: 1 }),
  ],
  [
    "split.random: valid must be a share in [0, 1), or a number of rows, got -0.1.",
    () => split.random(9, { valid: -0.1 }),
  ],
  [
    "split.random: valid must be a share in [0, 1), or a number of rows, got 1.5.",
    () => split.random(9, { valid: 1.5 }),
  ],
  ["split.random: valid must be at least one row of the 3, got 0.1.", () => split.random(3, { valid: 0.1 })],
  [
    "split.random: valid and test must leave rows to train on, got 9 of 9 rows.",
    () => split.random(9, { valid: 5, test: 4 }),
  ],
  ["split.random: valid must be given, or test, got undefined. Write { valid: 0.1 }.", () => split.random(9, {})],
  ["split.random: rows must be a non-negative integer", () => split.random("abc" as never, { valid: 0.1 })],
])("%s", (message, call) => {
  expect(call).toThrow(message);
  expect(call).toThrow(OptionError);
});
