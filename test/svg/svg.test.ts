import { describe, expect, test } from "vitest";
import { diagnostics } from "../../src/index.js";
import { spreadApart } from "../../src/svg/spread-apart.js";
import { linearTicks, powerText, powerTicks, tickText } from "../../src/svg/ticks.js";

const { barChart, beside, COLOURS, DIVERGING, divergingLevel, heatMap, lineChart, onDark, PALETTE } = diagnostics.svg;
const { Picture, stack, textOn, toSvg } = diagnostics.svg;

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
    const gapped = new RegExp(`d="([^"]*)" fill="none" stroke="${COLOURS[1]}"`).exec(svg)![1]!;
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

  test("a point alone is seen, in its place", () => {
    const alone = [{ name: "one token", points: [[0, 0.25]] as [number, number][] }];
    const svg = toSvg(lineChart({ ...axes, series: alone, yRange: [0, 1] }), "t");
    const { top, bottom } = { top: /<circle cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!, bottom: 260 };
    expect(Number(top[1])).toBe(58);
    expect(Number(top[2])).toBeGreaterThan(bottom / 2);
    expect(Number(top[2])).toBeLessThan(bottom);
    const joined = [{ name: "two", points: [...alone[0]!.points, [1, 0.5] as [number, number]] }];
    expect(toSvg(lineChart({ ...axes, series: joined }), "t")).not.toContain("<circle");
  });

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

/** Red, green and blue in linear light. */
function linearLight(hex: string): number[] {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** As WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other]
    .map((hex) => linearLight(hex).reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i]!, 0))
    .sort((x, y) => y - x);
  return (a! + 0.05) / (b! + 0.05);
}

test("the diverging scale: white at 0, its ends beyond ±1, legible text (contrast at least 4.5) on every level", () => {
  expect([-2, -1, 0, 0.5, 1, 9, Number.NaN].map(divergingLevel)).toEqual([0, 0, 5, 8, 10, 10, 5]);
  for (const [level, colour] of DIVERGING.entries()) {
    expect(contrast(colour, textOn(level))).toBeGreaterThan(4.5);
    expect(contrast(onDark(colour), onDark(textOn(level)))).toBeGreaterThan(4.5);
  }
});

describe("the palette", () => {
  const { card } = PALETTE;

  test("the four colours that curves get first, and what is written, can be read on both cards; the other ones can be seen", () => {
    const written = [...COLOURS.slice(0, 4), PALETTE.ink, PALETTE.faint];
    for (const colour of written) {
      expect([colour, contrast(colour, card) >= 4.5]).toEqual([colour, true]);
      expect([colour, contrast(onDark(colour), onDark(card)) >= 4.5]).toEqual([colour, true]);
    }
    for (const colour of COLOURS) {
      expect([colour, contrast(colour, card) >= 3]).toEqual([colour, true]);
      expect([colour, contrast(onDark(colour), onDark(card)) >= 3]).toEqual([colour, true]);
    }
  });

  /** How linear light is seen without one kind of cone. Source: Machado, Oliveira & Fernandes 2009, severity 1. */
  const VISION = {
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
    "all cones": [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };

  /** OKLab, where distances are about as large as they look. Source: Ottosson 2020. */
  function perceived(hex: string, vision: readonly number[]): number[] {
    const light = linearLight(hex);
    const times = (m: readonly number[], v: readonly number[]) =>
      [0, 3, 6].map((r) => m[r]! * v[0]! + m[r + 1]! * v[1]! + m[r + 2]! * v[2]!);
    const seen = times(vision, light).map((x) => Math.min(1, Math.max(0, x)));
    const cones = times([0.4122, 0.5363, 0.0514, 0.2119, 0.6807, 0.1074, 0.0883, 0.2817, 0.63], seen).map(Math.cbrt);
    return times([0.2105, 0.7936, -0.0041, 1.978, -2.4286, 0.4506, 0.0259, 0.7828, -0.8087], cones);
  }

  test.each(Object.entries(VISION))("curves can be told apart with %s, in light and in dark", (_, vision) => {
    for (const mode of [(colour: string) => colour, onDark]) {
      for (const [i, a] of COLOURS.entries()) {
        for (const b of COLOURS.slice(i + 1)) {
          const [one, other] = [perceived(mode(a), vision), perceived(mode(b), vision)];
          const distance = Math.hypot(...one.map((x, k) => x - other[k]!));
          expect([mode(a), mode(b), distance > 0.06]).toEqual([mode(a), mode(b), true]);
        }
      }
    }
  });

  test("a file gives the colours in it their counterparts on dark pages, and no other rule", () => {
    const svg = toSvg(barChart({ title: "b", bars: [{ name: "a", value: 1, text: "1" }], colour: PALETTE.green }), "b");
    const style = /<style>(.*)<\/style>/.exec(svg)![1]!;
    for (const colour of [PALETTE.green, PALETTE.ink, PALETTE.card])
      expect(style).toContain(`[fill="${colour}"]{fill:${onDark(colour)}}`);
    expect(style).not.toContain(PALETTE.orange);
  });
});

test("marks and logarithmic axes: a shape for each curve, equal factors equally far apart", () => {
  const options = { ...axes, log: true, xLog: true, marks: true, xTicks: [32, 64, 128] };
  const line = (name: string, bold: boolean) => ({
    name,
    bold,
    points: [32, 64, 128].map((x) => [x, 1e5 / x] as const),
  });
  const svg = toSvg(lineChart({ ...options, series: [line("one", true), line("two", false)] }), "t");
  expectWellFormed(svg);
  expect(svg.match(/<circle /g)).toHaveLength(3);
  expect(svg).toMatch(/font-weight="bold">one</);
  const [, ...ends] = /<path d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+L([\d.]+) /.exec(svg)!;
  const [a, b, c] = ends.map(Number);
  expect(c! - b!).toBeCloseTo(b! - a!, 0);
  expect(svg).toContain(">1 k<");
});

test("barChart: a bar as long as its value is large, negative ones in orange", () => {
  const bars = [
    { name: "<a>", value: 2, text: "2.0" },
    { name: "b", value: -1, text: "-1.0" },
    { name: "none", value: 0, text: "0" },
  ];
  const svg = toSvg(barChart({ title: "B", bars }), "t");
  expectWellFormed(svg);
  const [two, one] = [...svg.matchAll(/<path fill="(#\w+)" d="M[\d.]+ [\d.]+h([\d.]+)v/g)].map(
    ([, fill, length]) => [fill, Number(length)] as const,
  );
  expect([two![0], one![0]]).toEqual([PALETTE.blue, PALETTE.orange]);
  expect(two![1] / one![1]).toBeCloseTo(2, 2);
  expectWellFormed(toSvg(barChart({ title: "nothing", bars: [] }), "t"));
});

test("heatMap with digits: every value in its cell, never -0.00", () => {
  const rows = [{ name: "g", values: [0.5, -0.001, -0.86] }];
  const svg = toSvg(heatMap({ title: "H", rows, columns: ["t = 1", "t = 2", "t = 3"], digits: 2, width: 400 }), "t");
  expectWellFormed(svg);
  for (const text of ["0.50", "0", "-0.86"]) expect(svg).toContain(`>${text}</text>`);
});

test("names in letters that are twice as wide have the room that they take", () => {
  const start = (name: string) => {
    const bars = toSvg(barChart({ title: "T", bars: [{ name, value: 1, text: "1" }] }), "T");
    return Number(/<path fill="[^"]*" d="M([\d.]+)/.exec(bars)![1]);
  };
  // A Korean letter is as wide as it is high, 12 pixels.
  expect(start("업데이트 게이트")).toBeGreaterThan(8 + 7 * 12);
  expect(start("ab\u0301c")).toBe(start("abc"));
  const end = (name: string) => {
    const chart = toSvg(lineChart({ ...axes, title: "T", series: [{ name, points: [[0, 1], [1, 2]] }] }), "T"); // biome-ignore format: one line
    return Number(/ L?([\d.]+) [\d.]+" fill="none"/.exec(chart.replaceAll("L", " L"))![1]);
  };
  expect(end("abcdefgh") - end("업데이트게이트님")).toBeCloseTo(8 * 6.6, 0);
  const rows = [{ name: "입력 게이트", values: [1] }];
  const cells = toSvg(heatMap({ title: "T", rows, columns: ["가나다라마바사아자차카타파하"] }), "T");
  // The key to the colours comes before the cells.
  const [, left, width] = [...cells.matchAll(/d="M([\d.]+) [\d.]+h([\d.]+)/g)].at(-1)!.map(Number);
  expect(left).toBeGreaterThan(6 + 5 * 11);
  expect(width).toBeGreaterThan(14 * 11);
});

test("Picture: what is drawn comes out in order, an arrow with its head at the end", () => {
  const picture = new Picture(100, 50).frame([10, 10], 30, 20, "a & b").arrow([40, 20], [90, 20], PALETTE.blue);
  const svg = toSvg(picture.rule([0, 40], [100, 40]).text(5, 45, "x"), "t");
  expectWellFormed(svg);
  expect(svg).toContain(`<path d="M90 20L82 24L82 16Z" fill="${PALETTE.blue}"/>`);
  expect(svg.indexOf("a &amp; b")).toBeLessThan(svg.indexOf("M90 20"));
});

test("a curve of more points than a call can have arguments is drawn between its ends", () => {
  const points = Array.from({ length: 150_000 }, (_, i) => [i, Math.sin(i)] as const);
  const { body } = lineChart({ title: "long", xTitle: "x", yTitle: "y", series: [{ name: "sine", points }] });
  expect(body).toContain(">0<");
  expect(body).not.toMatch(/NaN|Infinity/);
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

  test("powers of ten are written as they are read most easily", () => {
    expect([1e-3, 1, 100, 1e4, 1e5, 1e7].map(powerText)).toEqual(["10⁻³", "1", "100", "10 k", "100 k", "10⁷"]);
  });

  test("names move apart as little as needed, inside the frame", () => {
    expect(spreadApart([10, 50, 12], 10, 0, 100)).toEqual([6, 50, 16]);
    expect(spreadApart([99, 98, 97], 10, 0, 100)).toEqual([100, 90, 80]);
    expect(spreadApart([1, 2], 10, 0, 100)).toEqual([0, 10]);
    expect(spreadApart([20, 40], 10, 0, 100)).toEqual([20, 40]);
  });
});
