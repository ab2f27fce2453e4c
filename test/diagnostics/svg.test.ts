import { describe, expect, test } from "vitest";
import { linearTicks, powerTicks, spreadApart, tickText } from "../../src/diagnostics/svg/ticks.js";
import { diagnostics } from "../../src/index.js";

const { beside, heatMap, lineChart, stack, toSvg, divergingLevel, textOn, DIVERGING } = diagnostics.svg;

/** Tags balanced, text escaped: what a parser would ask. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, , self] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:[^<>"]|"[^"<]*")*?)(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name!);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<(?:[^<>"]|"[^"<]*")*>/g, "")).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|https?:(?!\/\/www\.w3\.org)/);
}

const series = [
  {
    name: "a & b",
    points: [
      [0, 1],
      [1, 0.01],
      [2, 1e-4],
    ] as const,
  },
  {
    name: "<c>",
    points: [
      [0, 1],
      [1, Number.NaN],
      [2, 0],
      [3, 5],
    ] as const,
    dash: "5 4",
  },
];
const axes = { title: "T", xTitle: "x", yTitle: "y" };

describe("lineChart", () => {
  test("names, axes and titles stand there, escaped; what cannot be drawn is a gap", () => {
    const svg = toSvg(lineChart({ ...axes, title: 'Two "curves"', subtitle: "1 < 2", series, log: true }), "t");
    expectWellFormed(svg);
    for (const text of ["Two &quot;curves&quot;", "1 &lt; 2", "a &amp; b", "&lt;c&gt;", "10⁻⁴", ">1<"])
      expect(svg).toContain(text);
    const gapped = /d="([^"]*)" fill="none" stroke="#D55E00"/.exec(svg)![1]!;
    expect(gapped.match(/M/g)).toHaveLength(2);
  });

  test.each([
    ["no series", { ...axes, series: [] }],
    [
      "no point",
      {
        ...axes,
        log: true,
        series: [
          {
            name: "zeros",
            points: [
              [0, 0],
              [1, 0],
            ] as const,
          },
        ],
      },
    ],
    ["one point", { ...axes, series: [{ name: "one", points: [[3, 3]] as const }] }],
    [
      "a flat line",
      {
        ...axes,
        log: true,
        series: [
          {
            name: "flat",
            points: [
              [0, 7],
              [9, 7],
            ] as const,
          },
        ],
      },
    ],
    ["cuts and a range", { ...axes, series, cuts: [1], yRange: [0, 1] as const }],
  ])("%s", (_, options) => expectWellFormed(toSvg(lineChart(options), "t")));

  test("long subtitles are broken into lines", () => {
    const subtitle = "word ".repeat(60);
    const short = lineChart({ ...axes, series });
    const svg = toSvg(lineChart({ ...axes, subtitle, series }), "t");
    expect(svg.match(/word word/g)!.length).toBeGreaterThan(2);
    expect(lineChart({ ...axes, subtitle, series }).height).toBe(short.height);
  });
});

test("heatMap: wraps its columns, one path a colour, characters above", () => {
  const columns = [..."abc<&>".repeat(30)];
  const rows = [1, 2].map((sign) => ({ name: `unit ${sign}`, values: columns.map((_, i) => Math.sin(i) / sign) }));
  const map = heatMap({ title: "H", rows, columns, width: 400 });
  const svg = toSvg(map, "heat");
  expectWellFormed(svg);
  expect(svg.match(/<path fill="#/g)!.length).toBeLessThanOrEqual(2 * DIVERGING.length);
  expect(svg.match(/h10\.4v14h-10\.4z/g)).toHaveLength(2 * columns.length);
  expect(svg.match(/>&lt;<\/text>/g)).toHaveLength(30);
  expect(svg.match(/>unit 1<\/text>/g)).toHaveLength(
    Math.ceil(columns.length / Math.floor((400 - 10 - 6 * 6.6) / 10.4)),
  );
});

test("stack and beside add up sizes", () => {
  const box = { width: 10, height: 4, body: "" };
  expect(stack([box, box], 3)).toMatchObject({ width: 10, height: 11 });
  expect(beside([box, box, box], 3)).toMatchObject({ width: 36, height: 4 });
});

test("the diverging scale: white at 0, its ends beyond ±1, legible text (contrast at least 4.5) on every level", () => {
  expect([-2, -1, 0, 0.5, 1, 9, Number.NaN].map(divergingLevel)).toEqual([0, 0, 5, 8, 10, 10, 5]);
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  for (const [level, colour] of DIVERGING.entries()) {
    const [a, b] = [luminance(colour), luminance(textOn(level))].sort((x, y) => y - x);
    expect((a! + 0.05) / (b! + 0.05)).toBeGreaterThan(4.5);
  }
});

describe("ticks", () => {
  test.each([
    [0, 59, [0, 20, 40, 60]],
    [0.1, 0.52, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]],
    [-1, 1, [-1, -0.5, 0, 0.5, 1]],
    [3, 3, [3, 4]],
  ])("linear from %f to %f", (low, high, ticks) =>
    expect(linearTicks(low, high).map((x) => Number(tickText(x)))).toEqual(ticks),
  );

  test.each([
    [0.02, 3, [-2, -1, 0, 1]],
    [1e-38, 10, [-38, -32, -26, -20, -14, -8, -2, 4]],
    [5, 5, [0, 1]],
  ])("powers from %f to %f", (low, high, powers) => expect(powerTicks(low, high)).toEqual(powers));

  test("names move apart as little as needed, inside the frame", () => {
    expect(spreadApart([10, 50, 12], 10, 0, 100)).toEqual([6, 50, 16]);
    expect(spreadApart([99, 98, 97], 10, 0, 100)).toEqual([100, 90, 80]);
    expect(spreadApart([1, 2], 10, 0, 100)).toEqual([0, 10]);
    expect(spreadApart([20, 40], 10, 0, 100)).toEqual([20, 40]);
  });
});
