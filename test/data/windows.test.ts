import { describe, expect, test } from "vitest";
import { FormatError, OptionError, ShapeError } from "../../src/base/errors.js";
import { loader, slidingWindows } from "../../src/data/index.js";
import { tensor } from "../../src/tensor/index.js";

/** Row t holds 10 t, 10 t + 1, 10 t + 2. */
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, t) => [0, 1, 2].map((c) => 10 * (from + t) + c));
const series = tensor(rows(8));
const list = (x: { data(): ArrayLike<number> }) => Array.from(x.data());

describe("windows over one series", () => {
  test("see inputLength steps, and predict horizon steps after a gap", () => {
    const windows = slidingWindows(series, { inputLength: 2, horizon: 2, gap: 1, stride: 2, target: [2, 0] });
    expect(windows.length).toBe(2);
    const { x, y } = windows.get(1);
    expect([x.shape, list(x)]).toEqual([
      [2, 3],
      [20, 21, 22, 30, 31, 32],
    ]);
    expect([y.shape, list(y)]).toEqual([
      [2, 2],
      [52, 50, 62, 60],
    ]);
    expect(windows.at(1)).toEqual({ id: 0, row: 2 });
  });

  test("reach the last row, and no further", () => {
    for (const [inputLength, horizon, gap, stride] of [
      [3, 1, 0, 1],
      [1, 7, 0, 1],
      [2, 2, 2, 3],
      [4, 1, 1, 2],
    ] as const) {
      const windows = slidingWindows(series, { inputLength, horizon, gap, stride });
      expect(windows.length).toBe(Math.floor((8 - inputLength - horizon - gap) / stride) + 1);
      const last = windows.get(windows.length - 1);
      const end = (windows.length - 1) * stride + inputLength + gap + horizon;
      expect(list(last.y).at(-1)).toBe(10 * (end - 1) + 2);
      expect(end).toBeLessThanOrEqual(8);
      expect(() => windows.get(windows.length)).toThrow("slidingWindows: index must be an integer in");
    }
  });

  test("are batched by a loader, as they come one by one", () => {
    const windows = slidingWindows(series, { inputLength: 3, target: 1 });
    const [first] = loader(windows, { batchSize: 4 });
    expect([first!.x.shape, first!.y.shape]).toEqual([
      [4, 3, 3],
      [4, 1, 1],
    ]);
    expect(list(first!.x)).toEqual([0, 1, 2, 3].flatMap((i) => list(windows.get(i).x)));
    const [own] = loader(windows, { batchSize: 4, collate: (samples) => samples.map(({ y }) => y.item()) });
    expect(own).toEqual([31, 41, 51, 61]);
  });

  test("columns by name", () => {
    const columns = { temp: [1, 2, 3, 4], wind: Float64Array.of(5, 6, 7, 8) };
    const { x, y } = slidingWindows(columns, { inputLength: 2, target: "wind", inputs: ["temp"] }).get(0);
    expect([x.dtype, list(x), list(y)]).toEqual(["float32", [1, 2], [7]]);
    expect(slidingWindows([1, 2, 3], { inputLength: 2 }).get(0).y.toArray()).toEqual([[3]]);
    expect(slidingWindows(tensor(rows(3), { dtype: "float64" }), { inputLength: 2 }).get(0).x.dtype).toBe("float64");
  });
});

describe("windows over several series", () => {
  test("hold rows of one, and pass over those that are too short", () => {
    const windows = slidingWindows([tensor(rows(4)), tensor(rows(2, 50)), tensor(rows(3, 90))], { inputLength: 2 });
    expect([windows.length, windows.skipped]).toEqual([3, 1]);
    expect(Array.from({ length: 3 }, (_, i) => [windows.at(i), list(windows.get(i).y)[0]])).toEqual([
      [{ id: 0, row: 0 }, 20],
      [{ id: 0, row: 1 }, 30],
      [{ id: 2, row: 0 }, 920],
    ]);
  });

  test("by id, also where the rows of one stand apart", () => {
    const ids = ["a", "b", "a", "b", "a", "b", "a", "c"];
    const windows = slidingWindows(series, { inputLength: 2, ids });
    expect(
      Array.from({ length: windows.length }, (_, i) => [
        windows.at(i).id,
        list(windows.get(i).x)[0],
        list(windows.get(i).y)[0],
      ]),
    ).toEqual([
      ["a", 0, 40],
      ["a", 20, 60],
      ["b", 10, 50],
    ]);
    expect(windows.skipped).toBe(1);
  });
});

test("of many series that are all too short, the longest is told", () => {
  const length = 700_000;
  const ids = Int32Array.from({ length }, (_, row) => row);
  const all = () => slidingWindows(new Float32Array(length), { inputLength: 3, ids });
  expect(all).toThrow("got 1 in the longest of 700000.");
});

test.each<[new (parts: never) => Error, string, () => unknown]>([
  [
    FormatError,
    "series must have at least 12 steps (inputLength 9, gap 1, horizon 2), got 8. An inputLength of 5 fits.",
    () => slidingWindows(series, { inputLength: 9, horizon: 2, gap: 1 }),
  ],
  [
    FormatError,
    "got 8. With 8 steps, inputLength, gap and horizon together are at most 8.",
    () => slidingWindows(series, { inputLength: 2, horizon: 9 }),
  ],
  [
    FormatError,
    "got 3 in the longest of 2.",
    () =>
      slidingWindows(
        [
          [1, 2],
          [1, 2, 3],
        ],
        { inputLength: 5 },
      ),
  ],
  [OptionError, "inputLength must be a positive integer, got undefined.", () => slidingWindows(series, {} as never)],
  [
    OptionError,
    "horizon must be a positive integer, got 0.",
    () => slidingWindows(series, { inputLength: 1, horizon: 0 }),
  ],
  [
    OptionError,
    "target must be numbers of columns in [0, 2], got 3.",
    () => slidingWindows(series, { inputLength: 1, target: 3 }),
  ],
  [
    OptionError,
    'target must be among the columns temp, wind, got "tmp". Did you mean "temp"?',
    () => slidingWindows({ temp: [1, 2], wind: [1, 2] }, { inputLength: 1, target: "tmp" }),
  ],
  [
    OptionError,
    'got "inputLenght". Did you mean inputLength?',
    () => slidingWindows(series, { inputLenght: 1 } as never),
  ],
  [
    ShapeError,
    "ids must hold an id for each of 8 rows, got 2.",
    () => slidingWindows(series, { inputLength: 1, ids: [1, 2] }),
  ],
  [
    ShapeError,
    "series[1] must have the columns of series[0] (3), got 1.",
    () => slidingWindows([series, [1, 2]], { inputLength: 1 }),
  ],
  [OptionError, "series must be a tensor [.., F]", () => slidingWindows("a" as never, { inputLength: 1 })],
])("%o %s", (kind, message, call) => {
  expect(call).toThrow(message);
  expect(call).toThrow(kind);
});
