import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import {
  count,
  countOrNull,
  type Field,
  flag,
  natural,
  oneOf,
  real,
  realOrNull,
  textOrNull,
} from "../../src/base/fields.js";
import { drawnFrom, gridOf } from "../../src/search/drawing.js";
import { planSearch, rungsOf } from "../../src/search/plan.js";
import { readSpace, type SpaceLike } from "../../src/search/space.js";

const help = "";
const FIELDS = {
  hidden: count(64, { help }),
  seed: natural(1, { help }),
  lr: realOrNull("0.002", { min: 0, openMin: true }, { help }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help }),
  cell: oneOf(["lstm", "gru", "rnn"], "lstm", { help }),
  tie: flag({ help }),
  embed: countOrNull("32", { help }),
  columns: textOrNull("x,y", { help }),
  valid: { ...real(0.05, { min: 0 }, { help }), incomparable: true },
} as Readonly<Record<string, Field>>;

const range = { isLog: false, isWhole: false };

describe("a space", () => {
  test.each<[SpaceLike, unknown]>([
    ["hidden=32,64 cell=lstm,gru", [{ key: "hidden", values: [32, 64] }, { key: "cell", values: ["lstm", "gru"] }]],
    ["  tie=true,false\n dropout=0.5 ", [{ key: "tie", values: [true, false] }, { key: "dropout", values: [0.5] }]],
    ["lr=0.001..0.1", [{ key: "lr", min: 0.001, max: 0.1, isLog: true, isWhole: false }]],
    ["lr=1e-4..5e-4", [{ key: "lr", min: 1e-4, max: 5e-4, ...range }]],
    ["dropout=0..0.5", [{ key: "dropout", min: 0, max: 0.5, ...range }]],
    ["hidden=8..512", [{ key: "hidden", min: 8, max: 512, isLog: true, isWhole: true }]],
    ["lr=1..2", [{ key: "lr", min: 1, max: 2, ...range }]],
    [{ hidden: [32], tie: true, lr: "0.1,0.2" }, [{ key: "hidden", values: [32] }, { key: "tie", values: [true] }, { key: "lr", values: [0.1, 0.2] }]],
    [{ lr: { min: 0.1, max: 0.9 }, embed: [null, 8] }, [{ key: "lr", min: 0.1, max: 0.9, ...range }, { key: "embed", values: [null, 8] }]],
    [{ columns: ["a,b", "c..d"] }, [{ key: "columns", values: ["a,b", "c..d"] }]],
    ["columns=a..b", [{ key: "columns", values: ["a..b"] }]],
  ])("%j", (given, read) => {
    expect(readSpace(given, FIELDS)).toEqual(read);
  }); // biome-ignore format: a table

  test.each<[SpaceLike, string, string, string | undefined]>([
    ["", "space", "name a setting", undefined],
    [{}, "space", "name a setting", undefined],
    ["hidden", "space", "be settings with their values", undefined],
    ["=3", "space", "be settings with their values", undefined],
    ["hiden=3", "space", "name only these: hidden", "hidden"],
    ["toString=3", "space", "name only these", undefined],
    ["hidden=", "hidden", "have a value between all commas", "64"],
    ["hidden=32,,64", "hidden", "have a value between all commas", "64"],
    [{ hidden: [] }, "hidden", "have a value between all commas", "64"],
    ["hidden=32,0", "hidden", "be a positive integer", "32,64"],
    ["hidden=32,x", "hidden", "be a positive integer", "32,64"],
    ["cell=lstm,grü", "cell", "be one of", "lstm,gru"],
    ["tie=yes", "tie", "be true or false", "true"],
    ["hidden=32,32", "hidden", "have different values", "32"],
    ["hidden=32 hidden=64", "hidden", "be given once", undefined],
    ["lr=0.1..0.001", "lr", "go from a lower number to a higher one", "0.001..0.1"],
    ["lr=0.1..0.1", "lr", "go from a lower number", "0.1"],
    ["lr=..0.1", "lr", "have numbers at the ends", "0.002"],
    ["lr=a..b", "lr", "have numbers at the ends", "0.002"],
    ["lr=0..0.1", "lr", "be a finite number > 0", "0.002,0.1"],
    ["dropout=0.1..1", "dropout", "be a number in [0, 1)", "0.1,0"],
    ["hidden=0.5..8", "hidden", "be a positive integer", "64,8"],
    ["tie=0..1", "tie", "be a list", "true"],
    ["valid=0.1,0.2", "valid", "be the same in all trials", undefined],
    [{ lr: { min: 1 } } as never, "lr", "be a list of values, or hold min and max", undefined],
    [{ lr: { min: 1, max: 2, step: 3 } } as never, "lr", "be a list of values", undefined],
    [[1] as never, "space", "be settings and their values", undefined],
    [7 as never, "space", "be settings and their values", undefined],
  ])("%j is refused: %s must %s", (given, argument, must, nearest) => {
    let error: unknown;
    try {
      readSpace(given, FIELDS);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(OptionError);
    const { argument: of, must: rule, details } = error as OptionError;
    expect({ of, nearest: details.nearest }).toEqual({ of: argument, nearest });
    expect(rule).toContain(must);
  });
});

describe("drawing", () => {
  test("a grid is every combination, the last setting changing first", () => {
    const all = gridOf(readSpace("hidden=1,2 cell=lstm,gru,rnn", FIELDS));
    expect(all.map(({ hidden, cell }) => `${hidden}${cell}`)).toEqual([
      "1lstm",
      "1gru",
      "1rnn",
      "2lstm",
      "2gru",
      "2rnn",
    ]);
  });

  test("a grid of a range, or of more than anyone waits for, is none", () => {
    expect(() => gridOf(readSpace("hidden=1,2 lr=0.1..0.2", FIELDS))).toThrow(/lr must be a list of values for a grid/);
    const many = {
      seed: Array.from({ length: 101 }, (_, i) => i),
      hidden: Array.from({ length: 100 }, (_, i) => i + 1),
    };
    expect(() => gridOf(readSpace(many, FIELDS))).toThrow(/10000 combinations at most.*got 10,100 of them/);
  });

  test("factors are as likely as each other in a range of positive numbers with a factor above 10; else differences", () => {
    const share = (spec: string, key: string, below: number) => {
      const drawn = drawnFrom(readSpace(spec, FIELDS), 2000, 3).map((settings) => settings[key] as number);
      return drawn.filter((value) => value < below).length / drawn.length;
    };
    expect(share("lr=0.001..0.1", "lr", 0.01)).toBeCloseTo(0.5, 1);
    expect(share("lr=0.01..0.1", "lr", 0.055)).toBeCloseTo(0.5, 1);
    expect(share("dropout=0..0.5", "dropout", 0.25)).toBeCloseTo(0.5, 1);
  });

  test("both ends of a range of whole numbers are drawn, and none beyond", () => {
    const drawn = drawnFrom(readSpace("hidden=3..7", FIELDS), 50, 1).map(({ hidden }) => hidden);
    expect(drawn.sort()).toEqual([3, 4, 5, 6, 7]);
  });

  test("what is written short does not leave a range that is narrower than four digits tell apart", () => {
    const drawn = drawnFrom(readSpace("lr=0.100004..0.100046", FIELDS), 50, 2).map(({ lr }) => lr as number);
    expect(drawn.length).toBeGreaterThan(0);
    for (const lr of drawn) expect([lr >= 0.100004, lr <= 0.100046]).toEqual([true, true]);
  });

  test("of one seed a longer list begins as a shorter one; of another it is another; none comes twice", () => {
    const space = readSpace("hidden=1..20 lr=0.001..0.1 cell=lstm,gru", FIELDS);
    const [few, many, others] = [drawnFrom(space, 5, 4), drawnFrom(space, 30, 4), drawnFrom(space, 5, 5)];
    expect(many.slice(0, 5)).toEqual(few);
    expect(others).not.toEqual(few);
    expect(new Set(many.map((one) => JSON.stringify(one))).size).toBe(30);
    for (const { lr } of many) expect(String(lr).replace(/^0\.0*|e.*$/g, "").length).toBeLessThanOrEqual(4);
  });

  test("of a space with fewer, all of them", () => {
    expect(drawnFrom(readSpace("hidden=1,2 cell=lstm,gru", FIELDS), 99, 1)).toHaveLength(4);
  });
});

describe("a plan", () => {
  const plan = (spec: string, more = {}) => planSearch({ space: readSpace(spec, FIELDS), seed: 1, ...more });

  test.each([
    ["hidden=1,2,3", {}, "grid", 3],
    ["hidden=1,2,3", { trials: 2 }, "random", 2],
    ["lr=0.1..0.2", {}, "random", 20],
    ["lr=0.1..0.2", { trials: 3, kind: "random" }, "random", 3],
    ["hidden=1,2,3", { kind: "random" }, "random", 3],
    ["hidden=1,2,3", { kind: "halving" }, "halving", 3],
    ["lr=0.1..0.2", { kind: "halving", trials: 8 }, "halving", 8],
  ] as const)("%s with %j: %s of %i", (spec, more, kind, length) => {
    const found = plan(spec, more);
    expect([found.kind, found.trials.length]).toEqual([kind, length]);
  });

  test.each([
    ["hidden=1,2", { kind: "grid", trials: 2 }, "trials must be left out of a grid"],
    ["hidden=1,2", { trials: 0 }, "trials must be a positive integer"],
    ["hidden=1,2", { kind: "gird" }, 'kind must be one of "grid", "random", "halving"'],
    ["hidden=1", { kind: "halving" }, "space must have 2 trials or more to be halved"],
    ["lr=0.1..0.2", { kind: "grid" }, "lr must be a list of values for a grid"],
  ])("%s with %j is refused", (spec, more, says) => {
    expect(() => plan(spec, more)).toThrow(says);
  });

  test.each([
    [8, 8, [1, 2, 4, 8]],
    [8, 10, [2, 3, 5, 10]],
    [5, 16, [2, 4, 8, 16]],
    [100, 4, [1, 2, 4]],
    [2, 3, [2, 3]],
    [9, 1, [1]],
  ])("%i trials of %i epochs are halved after %j", (trials, epochs, rungs) => {
    expect(rungsOf(trials, epochs)).toEqual(rungs);
  });
});
