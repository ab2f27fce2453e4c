import { describe, expect, test } from "vitest";
import { isPytorch } from "../../bench/entrants.mjs";
import { merged, speedRatio } from "../../bench/report.mjs";

const lane = (id: string, threads: number, train: (number | null)[]) => ({
  ...{ id, threads, label: id, tokensPerStep: 100 },
  times: { train, forward: [], stream: [] },
});

describe("the benchmark's report", () => {
  test("counts from the fastest PyTorch of a row, at the same number of threads", () => {
    const rows = [
      lane("unrolled", 1, [1, 1, 2]),
      lane("pytorch", 1, [4, 4, 4]),
      lane("pytorch-2.6", 1, [2, 3, 3]),
      lane("pytorch-2.6", 2, [1, 1, 1]),
      lane("pytorch-as-installed", 2, [0.5, null, 0.5]),
    ];
    expect(speedRatio(rows[0], rows, isPytorch, "train")).toMatchObject({ median: 2, min: 1.5, max: 3 });
    expect(speedRatio({ ...rows[0], threads: 2 }, rows, isPytorch, "train")).toMatchObject({ median: 0.375 });
    expect(speedRatio({ ...rows[0], threads: 3 }, rows, isPytorch, "train")).toBeNull();
  });

  test("merges what was measured anew into what was there, in the order of the configurations", () => {
    const result = (name: string, date: string) => ({ name, date });
    const before = [result("names", "old"), result("book_simple", "old"), result("gone", "old")];
    const after = [result("tagger", "new"), result("names", "new")];
    expect(merged(before, after)).toEqual([
      result("book_simple", "old"),
      result("tagger", "new"),
      result("names", "new"),
    ]);
  });
});
