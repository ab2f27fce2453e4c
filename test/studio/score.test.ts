import { describe, expect, test } from "vitest";
import type {
  BarsTrack,
  HeatTrack,
  LinesTrack,
  NextTrack,
  ScoreData,
  Track,
} from "../../src/tasks/score/score-data.js";
import { moved, opening, seen, showing, stepAt, ticks, within, xOf, zoomed } from "../../studio/src/score/axis.js";
import { coloursOf, css, inkOn } from "../../studio/src/score/colours.js";
import { comparable, difference } from "../../studio/src/score/difference.js";
import { type Mark, svgOf } from "../../studio/src/score/marks.js";
import { cellMarks, frameMarks, layoutOf, pairRows, placeAt } from "../../studio/src/score/pair.js";
import { drawnValues, knownPyramid, levelFor, pyramidOf, rememberPyramids } from "../../studio/src/score/pyramid.js";
import { rowsFor, shifted, usualTracks } from "../../studio/src/score/rows.js";
import { cellFor, sequence } from "../../studio/src/score/sequence.js";
import { TILE, tile, tilePixels } from "../../studio/src/score/tiles.js";
import { fading } from "../../studio/src/score/tracks/gradient.js";
import { groups } from "../../studio/src/score/tracks/heat.js";
import { draw, type Frame, heightOf, KINDS, read, rowsOf } from "../../studio/src/score/tracks/index.js";
import { scoreWords, scoreWordsKo } from "../../studio/src/score/words.js";

const COLOURS = coloursOf(false);
const base = (id: string) => ({ id, title: id, about: "" });
const heatTrack = (rows: number, values: number[], more: Partial<HeatTrack> = {}): HeatTrack => ({
  ...{ ...base("units:x"), kind: "heat", scale: 1, signed: true, ofUnits: true, values: Int8Array.from(values) },
  rows: Array.from({ length: rows }, (_, r) => ({ name: `unit ${r}`, follows: "" })),
  ...more,
});
const scoreOf = (labels: readonly string[], tracks: Track[]): ScoreData => {
  return { title: "t", unit: "step", steps: labels.map((label) => ({ label, written: label })), tracks };
};
const frameOf = (data: ScoreData, from: number, to: number, width: number, more: Partial<Frame> = {}): Frame => {
  const cell = width / (to - from);
  const plain = {
    cursor: null,
    gradient: null,
    by: "extreme",
    tall: false,
    words: scoreWords,
    colours: COLOURS,
  } as const;
  return { ...plain, data, view: { from, to }, width, cell, ...more };
};
const rects = (marks: readonly Mark[]) => marks.filter((mark) => mark.kind === "rect");

describe("the axis", () => {
  test("a view stays in the sequence, and is neither too narrow nor too wide", () => {
    expect(within({ from: -5, to: 15 }, 100)).toEqual({ from: 0, to: 20 });
    expect(within({ from: 90, to: 120 }, 100)).toEqual({ from: 70, to: 100 });
    expect(within({ from: 10, to: 11 }, 100)).toEqual({ from: 10, to: 18 });
    expect(within({ from: 3, to: 900 }, 5)).toEqual({ from: 0, to: 5 });
    expect(within({ from: 0, to: 0 }, 0)).toEqual({ from: 0, to: 1 });
  });
  test("zooming keeps the step under the pointer where it is", () => {
    const before = { from: 100, to: 300 };
    const after = zoomed(before, 150, 2, 1000);
    expect(xOf(after, 150, 800)).toBeCloseTo(xOf(before, 150, 800), 9);
    expect(after.to - after.from).toBe(100);
    expect(moved(before, 900, 1000)).toEqual({ from: 800, to: 1000 });
  });
  test("places and steps", () => {
    expect([stepAt({ from: 10, to: 20 }, 55, 100, 100), stepAt({ from: 0, to: 9 }, -3, 90, 9), stepAt({ from: 0, to: 9 }, 200, 90, 9)]).toEqual([15, 0, 8]); // biome-ignore format: one line
    expect(showing({ from: 10, to: 20 }, 25, 100)).toEqual({ from: 16, to: 26 });
    expect(showing({ from: 10, to: 20 }, 4, 100)).toEqual({ from: 4, to: 14 });
    expect(seen({ from: 2.5, to: 7.1 }, 7)).toEqual({ first: 2, end: 7 });
    expect(opening(1000, 600, 10)).toEqual({ from: 0, to: 60 });
    expect(ticks({ from: 0, to: 100 }, 640)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });
});

describe("pyramids", () => {
  test("halves by the mean and by the extreme, row by row, with a step left over", () => {
    const { levels } = pyramidOf(Int8Array.from([1, -9, 4, 4, 7, 0, 2, 2, -3, 5]), 2);
    expect(levels.map(({ columns }) => columns)).toEqual([5, 3, 2, 1]);
    expect([...levels[1]!.extreme]).toEqual([-9, 4, 7, 2, -3, 5]);
    expect([...levels[1]!.mean]).toEqual([-4, 4, 7, 1, -0, 5].map((x) => x || expect.closeTo(0)) as number[]);
    expect([...levels[3]!.extreme]).toEqual([-9, 5]);
  });
  test("what has no value counts for nothing", () => {
    const { levels } = pyramidOf(Float32Array.from([Number.NaN, 2, Number.NaN, Number.NaN]), 1);
    expect([...levels[1]!.mean]).toEqual([2, Number.NaN]);
    expect([...levels[1]!.extreme]).toEqual([2, Number.NaN]);
  });
  test("made in a worker, they are found by the values of every kind of track", () => {
    const numbers = () => new Float32Array(64);
    const base = { title: "", about: "" };
    const tracks: Track[] = [
      { ...base, kind: "bars", id: "b", values: numbers(), measure: "", high: 1 },
      { ...base, kind: "lines", id: "l", range: [0, 1], log: false, series: [1, 2].map((k) => ({ name: `${k}`, values: numbers() })) }, // biome-ignore format: one line
      { ...base, kind: "fan", id: "f", range: [0, 1], bands: [{ name: "", low: numbers(), high: numbers() }], lines: [{ name: "", values: numbers() }] }, // biome-ignore format: one line
      { ...base, kind: "gradient", id: "g" },
    ];
    const scores = [{ title: "", unit: "", steps: [], tracks }];
    const pyramids = tracks.flatMap((track) =>
      drawnValues(track).map((values, part) => ({ score: 0, id: track.id, part, pyramid: pyramidOf(values, 1) })),
    );
    expect(pyramids.map(({ id, part }) => `${id}${part}`)).toEqual(["b0", "l0", "l1", "f0", "f1", "f2"]);
    rememberPyramids({ scores, pyramids });
    const all = tracks.flatMap((track) => drawnValues(track));
    expect(all.map((values) => knownPyramid(values, 1))).toEqual(pyramids.map(({ pyramid }) => pyramid));
    expect(all.every((values, i) => knownPyramid(values, 1) === pyramids[i]!.pyramid)).toBe(true);
  });
  test("a level for every width, and made once", () => {
    const values = new Float32Array(1000);
    const pyramid = pyramidOf(values, 1);
    expect([8, 1, 0.5, 0.3, 0.25, 1e-12].map((cell) => levelFor(pyramid, cell))).toEqual([0, 0, 1, 2, 2, 10]);
    expect(knownPyramid(values, 1)).toBe(knownPyramid(values, 1));
  });
});

describe("maps", () => {
  const track = heatTrack(2, [127, 0, -127, 64, -64, 1]);
  test("pixels: orange below 0, the page's white at 0, blue above", () => {
    const { width, height, data } = tilePixels(pyramidOf(track.values, 2), 0, "mean", 0, COLOURS.signed);
    expect([width, height]).toEqual([3, 2]);
    expect(Array.from(data, css)).toEqual(["#2166ac", "#ffffff", "#b35806", "#91c4de", "#fdb762", "#fefeff"]);
    const sizes = tilePixels(pyramidOf(Int8Array.from([0, 127]), 1), 0, "mean", 0, COLOURS.sizes);
    expect(Array.from(sizes.data, css)).toEqual(["#ffffff", "#0a3d80"]);
  });
  test("only the tiles that are seen are drawn, at the level of the zoom", () => {
    const long = heatTrack(3, new Array(3 * 5000).fill(0));
    const data = scoreOf(new Array(5000).fill("a"), [long]);
    const near = draw(long, frameOf(data, 300, 310, 100));
    const at = Math.floor(300 / TILE) * TILE;
    expect(near).toMatchObject([
      { kind: "pixels", x: expect.closeTo((at - 300) * 10, 9), width: TILE * 10, height: 48 },
    ]);
    const far = draw(long, frameOf(data, 0, 5000, 1000));
    // 5,000 steps on 1,000 pixels: eight steps a column, 625 of them.
    expect(far.map((mark) => mark.kind === "pixels" && mark.pixels.width)).toEqual([128, 128, 128, 128, 113]);
    expect(far.reduce((sum, mark) => sum + (mark.kind === "pixels" ? mark.width : 0), 0)).toBeCloseTo(1000, 9);
  });
  test("a tile is made once, and again in other colours", () => {
    const pyramid = pyramidOf(Int8Array.from([1, 2]), 1);
    const light = { level: 0, by: "mean", at: 0, colours: COLOURS.signed, name: "light" } as const;
    const first = tile(pyramid, light, null);
    expect(tile(pyramid, light, null)).toBe(first);
    expect(tile(pyramid, { ...light, colours: coloursOf(true).signed, name: "dark" }, null)).not.toBe(first);
  });
  test("100,000 steps of 512 units: a view is a handful of tiles", () => {
    const steps = 100_000;
    const values = new Int8Array(512 * steps);
    values[511 * steps + 70_000] = -100;
    const large = heatTrack(512, [], { values });
    const marks = draw(large, frameOf(scoreOf([], [large]), 0, steps, 1200));
    expect(marks.length).toBeLessThan(10);
    // The one spike is still there, a hundred steps a pixel.
    const found = marks.some((mark) => mark.kind === "pixels" && mark.pixels.data.includes(COLOURS.signed[28]!));
    expect(found).toBe(true);
  });
  test("where there is no time, what is there of other levels stands in, and the rest is asked for again", () => {
    const long = heatTrack(
      3,
      Array.from({ length: 3 * 5000 }, (_, i) => (i % 200) - 100),
    );
    const data = scoreOf(new Array(5000).fill("a"), [long]);
    const budget = {
      time: 0,
      short: 0,
      has: () => budget.time-- > 0,
      left: () => void budget.short++,
      ready: () => {},
    };
    const far = frameOf(data, 0, 5000, 1000);
    expect([draw(long, { ...far, budget }), budget.short]).toEqual([[], 5]);
    draw(long, frameOf(data, 0, 1000, 1000));
    const drawn = draw(long, { ...far, budget: { ...budget, has: () => false } });
    // Those of the near view, each an eighth as wide here.
    expect(drawn.map((mark) => mark.kind === "pixels" && [mark.x, mark.width])).toEqual(
      Array.from({ length: 8 }, (_, i) => [
        expect.closeTo((i * TILE) / 5),
        expect.closeTo(Math.min(TILE, 5000 - i * TILE) / 5),
      ]),
    );
    expect(draw(long, far)).toHaveLength(5);
    expect(draw(long, { ...far, budget: { ...budget, has: () => false } })).toHaveLength(5);
  });
  test("what it says of a step, and neighbours that follow one thing", () => {
    const data = scoreOf(["a", "b", "c"], [track]);
    const told = { data, gradient: null, words: scoreWords };
    expect(read(track, 1, told, 1)).toBe("unit 1 −0.50");
    expect(read(track, 2, told)).toBe("strongest: unit 0 −1.00");
    const rows = ["vowels (0.9)", "vowels (−0.8)", "", "blanks (0.7)"].map((follows) => ({ name: "u", follows }));
    expect(groups(heatTrack(4, [0, 0, 0, 0], { rows }))).toEqual([
      { first: 0, count: 2, name: "vowels" },
      { first: 3, count: 1, name: "blanks" },
    ]);
  });
});

const bars: BarsTrack = { ...base("surprise"), kind: "bars", measure: "nats", high: 3, values: Float32Array.from([Number.NaN, 1, 4, 0]) }; // biome-ignore format: one line
const nextTrack: NextTrack = { ...base("next"), kind: "next", top: 2, ids: Int32Array.from([1, 2, 2, 1]), probabilities: Float32Array.from([0.75, 0.25, 0.6, 0.01]), names: { 1: "x", 2: "<b>" } }; // biome-ignore format: one line
const linesTrack: LinesTrack = { ...base("gates:x"), kind: "lines", log: false, range: [0, 1], series: [{ name: "forget", values: Float32Array.from([0, 1, Number.NaN, 0.5]) }] }; // biome-ignore format: one line

describe("tracks", () => {
  const data = scoreOf(["a", "b", "c", "d"], [bars]);
  const told = { data, gradient: null, words: scoreWords };
  test("bars: as high as the value, in the other colour from `high` on", () => {
    const [, small, large, ...none] = rects(draw(bars, frameOf(data, 0, 4, 40)));
    expect(none).toEqual([]);
    expect(small).toMatchObject({ x: 10, y: 30, width: 9, height: 9, colour: COLOURS.accent });
    expect(large).toMatchObject({ x: 20, y: 3, width: 9, height: 36, colour: COLOURS.hot });
    expect([read(bars, 0, told), read(bars, 2, told)]).toEqual(["– nats", "4.00 nats"]);
  });
  test("next: the likeliest on top, and no letter for what is unlikely", () => {
    const two = scoreOf(["a", "b"], [nextTrack]);
    const marks = draw(nextTrack, frameOf(two, 0, 2, 40));
    expect(marks.flatMap((mark) => (mark.kind === "text" ? [[mark.x, mark.y, mark.text]] : []))).toEqual([[10, 14, "x"], [10, 34, "<b>"], [30, 14, "<b>"]]); // biome-ignore format: one line
    expect(rects(marks)[0]!.colour).toBe(css(COLOURS.sizes[128 + 75]!));
    expect(read(nextTrack, 0, told)).toBe("x 0.75  <b> 0.25");
    expect(rowsOf(nextTrack, two)[1]).toEqual([0, "a", "x", 0.75, "<b>", 0.25]);
  });
  test("lines break where there is no value", () => {
    const marks = draw(linesTrack, frameOf(data, 0, 4, 40));
    expect(marks.filter(({ kind }) => kind === "line")).toMatchObject([{ points: [5, 61, 15, 3] }]);
  });
  test("from afar a curve that is not halved yet waits for a frame with time", () => {
    const values = Float32Array.from({ length: 4000 }, (_, t) => t % 7);
    const long: LinesTrack = { ...linesTrack, range: [0, 7], series: [{ name: "x", values }] };
    const many = scoreOf(new Array(4000).fill("a"), [long]);
    const asked: string[] = [];
    const budget = { has: () => false, left: () => void asked.push("left"), ready: () => {} };
    const far = { ...frameOf(many, 0, 4000, 500), budget };
    expect(draw(long, far).some(({ kind }) => kind === "line")).toBe(false);
    expect(asked).toEqual(["left"]);
    expect(draw(long, { ...far, budget: null }).some(({ kind }) => kind === "line")).toBe(true);
    expect(draw(long, far).some(({ kind }) => kind === "line")).toBe(true);
  });
  test("gradient: by the power of ten, to the step that it is of", () => {
    expect([fading(1, 1), fading(0.1, 1), fading(1e-4, 1), fading(1e-9, 1), fading(0, 1), fading(0, 0)]).toEqual([127, 95, 0, 0, 0, 0]); // biome-ignore format: one line
    const track: Track = { ...base("gradient"), kind: "gradient" };
    const row = { step: 2, from: 0, horizon: 1, values: Float32Array.from([1e-3, 0.1, 1]) };
    const marks = draw(track, frameOf(data, 0, 4, 800, { gradient: row }));
    expect(rects(marks).slice(1).map(({ x }) => x)).toEqual([0, 200, 400]); // biome-ignore format: one line
    expect(marks.find(({ kind }) => kind === "text")).toMatchObject({ text: "horizon: 1 step" });
    expect(read(track, 2, { ...told, gradient: row })).toBe("horizon: 1 step");
    const both = { step: 1, from: 0, horizon: 0, ahead: 3, values: Float32Array.from([1, 1, 0.5, 0.1]) };
    expect(rects(draw(track, frameOf(data, 0, 4, 800, { gradient: both }))).slice(1)).toHaveLength(4);
    expect(read(track, 1, { ...told, gradient: both })).toBe("horizon: 1 step back, 2 ahead");
    const none = { step: 1, from: 1, horizon: 1, values: new Float32Array(0) };
    expect(read(track, 1, { ...told, gradient: none })).toBe(scoreWords.gradientNone);
  });
  test("every kind has a height, and a table with a row a step", () => {
    const heat = heatTrack(2, [1, 2, 3, 4, 5, 6, 7, 8]);
    const fan: Track = { ...base("fan"), kind: "fan", range: [0, 2], lines: [{ name: "known", values: Float32Array.from([1, 2, 1, 0]) }], bands: [{ name: "80 %", low: new Float32Array(4), high: new Float32Array(4).fill(2) }] }; // biome-ignore format: one line
    const weights: Track = { ...base("w"), kind: "weights", values: Float32Array.from([1, -1, 0, 2]) };
    const all: Track[] = [bars, linesTrack, heat, fan, weights];
    for (const track of all) {
      expect(heightOf(track, false), track.kind).toBeGreaterThan(10);
      expect(rowsOf(track, data), track.kind).toHaveLength(5);
      expect(draw(track, frameOf(data, 0, 4, 40)).length, track.kind).toBeGreaterThan(0);
    }
    expect(new Set([...all.map(({ kind }) => kind), "next", "gradient"])).toEqual(new Set(Object.keys(KINDS)));
  });
  test("the sequence: letters where they have room, numbers always", () => {
    const long = scoreOf("abcdefghij".split(""), []);
    const near = sequence(long, { view: { from: 0, to: 10 }, width: 120, cell: 12, colours: COLOURS });
    expect(near.flatMap((mark) => (mark.kind === "text" && mark.size === 14 ? [mark.text] : [])).join("")).toBe(
      "abcdefghij",
    );
    const far = sequence(long, { view: { from: 0, to: 10 }, width: 20, cell: 2, colours: COLOURS });
    expect(far.some((mark) => mark.kind === "text" && mark.text === "a")).toBe(false);
    expect(cellFor(scoreOf(["whale", "a", "sea"], []))).toBeGreaterThan(cellFor(long));
  });
  test.each([7, 9, 14, 18, 23, 40, 90])(
    "times at a step of %i pixels are whole, and do not touch each other",
    (cell) => {
      const steps = Array.from({ length: 56 }, (_, t) => ({ label: t < 42 ? `−${42 - t}` : `+${t - 41}` }));
      const series = { ...scoreOf([], []), steps };
      const width = 56 * cell;
      const marks = sequence(series, { view: { from: 0, to: 56 }, width, cell, colours: COLOURS });
      const texts = marks.filter((mark) => mark.kind === "text");
      // Of a monospaced letter of size 14; the axis has digits of less.
      const ends = texts.map(({ x, text, anchor, most = Infinity }) => {
        const wide = Math.min(8.43 * text.length, most);
        return anchor === "middle" ? [x - wide / 2, x + wide / 2] : [x, x + 6 * text.length];
      });
      const labels = ends.filter((_, i) => texts[i]!.anchor === "middle");
      expect(labels.length).toBeGreaterThan(4);
      for (const [start, end] of ends) expect([start! >= -0.1, end! <= width + 0.1]).toEqual([true, true]);
      for (const [i, [start]] of labels.slice(1).entries()) expect(start).toBeGreaterThanOrEqual(labels[i]![1]! - 0.1);
    },
  );
});

describe("a pair", () => {
  const steps = ["x", "y", "."].map((label) => ({ label }));
  const attention = { id: "attention", title: "attention", about: "", across: "pair", values: Float32Array.from([0.75, 0.25, 0, 1, 0.5, 0.5]) } as const; // biome-ignore format: one line
  const gradient = { id: "gradient", title: "gradient", about: "", across: "both", values: Float32Array.from([1, 0.1, 0, 0, 0, 0.1, 1, 1, 0, 0]) } as const; // biome-ignore format: one line
  const pair = { title: "source", steps: [{ label: "a" }, { label: "b" }], maps: [attention, gradient] };
  const data: ScoreData = { title: "t", unit: "step", steps, tracks: [], pair };
  test("cells: a row a step, as dark as its share, and beside them what was written before", () => {
    const near = layoutOf(data, pair, attention, 600);
    const cells = cellMarks(attention, near, COLOURS);
    expect(cells.map((mark) => mark.kind === "rect" && mark.colour)).toEqual([95, 32, 0, 127, 64, 64].map((level) => css(COLOURS.sizes[128 + level]!))); // biome-ignore format: one line
    const both = layoutOf(data, pair, gradient, 600);
    // Of the third row nothing is known, and no token follows from one behind it.
    expect(cellMarks(gradient, both, COLOURS)).toHaveLength(2 + 3);
    expect([both.columns, both.own]).toEqual([5, 2]);
  });
  test("a place is the cell that is drawn there, and none between the two", () => {
    const layout = layoutOf(data, pair, gradient, 600);
    for (const row of [0, 2]) {
      for (let column = 0; column < 5; column++) {
        const x = layout.left + (column + 0.5) * layout.cell.width + (column >= 2 ? 12 : 0);
        expect(placeAt(layout, x, layout.top + (row + 0.5) * layout.cell.height)).toEqual({ row, column });
      }
    }
    expect(placeAt(layout, layout.left + 2 * layout.cell.width + 5, layout.top + 5)).toBeNull();
    expect(placeAt(layout, layout.left - 1, layout.top + 5)).toBeNull();
    const many = { ...data, steps: Array.from({ length: 400 }, () => ({ label: "a" })) };
    expect(layoutOf(many, pair, gradient, 600).height).toBeLessThan(1300);
  });
  test("names, a cross through what is pointed at, and a table", () => {
    const layout = layoutOf(data, pair, attention, 600);
    const marks = frameMarks(data, attention, layout, COLOURS, { row: 1, column: 0 });
    expect(marks.flatMap((mark) => (mark.kind === "text" ? [mark.text] : []))).toEqual(["a", "b", "x", "y", "."]);
    expect(marks.filter(({ kind }) => kind === "line")).toHaveLength(4);
    expect(pairRows(data, attention)).toEqual([["", "a", "b"], ["x", 0.75, 0.25], ["y", 0, 1], [".", 0.5, 0.5]]); // biome-ignore format: one line
  });
});

describe("two scores", () => {
  test("differences: step by step, rows by their names", () => {
    const other: BarsTrack = { ...bars, values: Float32Array.from([Number.NaN, 0.5, 5, 0]) };
    expect(difference(bars, other)).toMatchObject({ kind: "weights", values: Float32Array.from([0, 0.5, -1, 0]) });
    const a = heatTrack(2, [127, 0, 0, 127]);
    const b = heatTrack(2, [127, 0, 127, 0], { rows: [{ name: "unit 1", follows: "" }, { name: "unit 0", follows: "" }] }); // biome-ignore format: one line
    // Unit 0 is the second row of the other: the same there.
    expect(difference(a, b)).toMatchObject({ values: Int8Array.from([0, 0, -127, 127]), scale: 1 });
    expect(difference(bars, linesTrack)).toBeNull();
    expect(difference(nextTrack, nextTrack)).toBeNull();
  });
  test("rows: one under the other, or as their difference; lists of tokens always both", () => {
    const data = scoreOf(["a", "b", "c", "d"], [nextTrack, bars, heatTrack(1, [1, 2, 3, 4], { id: "gate:x" })]);
    expect(usualTracks(data)).toEqual(["next", "surprise"]);
    expect(rowsFor(data, ["surprise", "gone"], null, "twice").map(({ whose }) => whose)).toEqual([""]);
    expect(rowsFor(data, ["next", "surprise"], data, "twice").map(({ whose }) => whose)).toEqual(["A", "B", "A", "B"]);
    expect(rowsFor(data, ["next", "surprise"], data, "difference").map(({ whose }) => whose)).toEqual([
      "A",
      "B",
      "A − B",
    ]);
    expect(comparable(data, scoreOf(["a"], []))).toBe(false);
    expect([shifted(["a", "b"], "b", -1), shifted(["a", "b"], "b", 1), shifted(["a"], "x", 1)]).toEqual([["b", "a"], ["a", "b"], ["a"]]); // biome-ignore format: one line
  });
});

test("SVG: nothing that is read is markup", () => {
  const svg = svgOf(
    [
      { kind: "text", x: 1, y: 2, text: "</svg><script>&\u0000", colour: "#000" },
      { kind: "rect", x: 0, y: 0, width: 1, height: 1, colour: "#fff" },
      { kind: "pixels", x: 0, y: 0, width: 2, height: 2, pixels: { width: 1, height: 1, data: new Uint32Array(1) } },
    ],
    { width: 10, height: 10 },
    "#ffffff",
    () => "data:,",
  );
  expect(svg).toContain("&lt;/svg&gt;&lt;script&gt;&amp;\ufffd");
  expect(svg.match(/<(text|rect|image) /g)).toHaveLength(4);
});

test("ink can be read on every colour of the ramps", () => {
  const channel = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (hex: string) => [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => sum + w * channel(Number.parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16) / 255), 0); // biome-ignore format: one line
  for (const dark of [false, true]) {
    for (const table of [coloursOf(dark).signed, coloursOf(dark).sizes]) {
      for (let value = 1; value < 256; value++) {
        const [a, b] = [light(css(table[value]!)), light(inkOn(table[value]!))].sort((x, y) => y - x);
        expect((a! + 0.05) / (b! + 0.05)).toBeGreaterThan(4.5);
      }
    }
  }
});

test("both languages say the same things", () => {
  expect(Object.keys(scoreWordsKo)).toEqual(Object.keys(scoreWords));
  const { named } = scoreWordsKo;
  expect(
    ["next", "gates 1", "units encoder 2 reverse", "forget", "vowels", "Where attention looks"].map(named),
  ).toEqual(["다음", "게이트 1", "유닛 encoder 2 거꾸로", "망각", "모음", "Where attention looks"]);
  // Names of the data stay what they are.
  for (const name of ["births", "toString", "output", "constructor 1"])
    expect(named(name)).toBe(name === "output" ? "출력" : name);
});
